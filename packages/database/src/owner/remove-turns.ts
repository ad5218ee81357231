import type { Prisma } from '../generated/client.js'
import { notifyCancel } from '../log/event-log.js'
import type { Queries } from '../prisma/create-client.js'
import { deleteImages, lockImages, type Place } from './lock-images.js'

/** Images and masks that turns use, and images that their generations made. */
async function imagesOf(tx: Queries, turns: Prisma.TurnWhereInput): Promise<string[]> {
  const used = await tx.turnImage.findMany({ where: { turn: turns }, select: { imageId: true, maskId: true } })
  const made = await tx.image.findMany({ where: { generation: { turn: turns } }, select: { id: true } })
  const ids = [...used.flatMap(({ imageId, maskId }) => [imageId, maskId ?? imageId]), ...made.map(({ id }) => id)]
  return [...new Set(ids)]
}

/**
 * Deletes turns of one session, their generations, and the images that these made or the turns used, but no image that
 * a turn which stays uses or has made. Workers of the generations are woken; they find that they have lost their claim.
 * The session must be locked.
 *
 * @param turns - which turns: a condition, and the same as a function
 * @returns keys of the objects that no row names any more
 */
export async function removeTurns(
  tx: Queries,
  ownerId: string,
  turns: { where: Prisma.TurnWhereInput; leave(place: Place): boolean },
): Promise<string[]> {
  const images = await lockImages(tx, ownerId, await imagesOf(tx, turns.where))
  const running = await tx.generation.findMany({
    where: { turn: turns.where, status: 'running' },
    select: { id: true },
  })
  const gone = images.filter(
    ({ maker, users }) => users.every((user) => turns.leave(user)) && (maker === null || turns.leave(maker)),
  )
  await tx.turn.deleteMany({ where: turns.where })
  await notifyCancel(
    tx,
    running.map(({ id }) => id),
  )
  return deleteImages(tx, ownerId, gone)
}
