import type { Failure, GenerationStatus, Reproduction } from '@atelier/contracts'
import { Prisma, type Image } from '../generated/client.js'
import { imageColumns, toImage, type LockedGeneration, type NewImage } from '../prisma/rows.js'
import { inTurn, type Statements } from '../prisma/statements.js'
import { recordEnd } from '../queue/generation-stats.js'
import { recordTime } from '../queue/generation-time.js'
import { appendEvents, eventBase } from './event-log.js'

/** What a worker made. */
export interface WorkResult {
  images: NewImage[]
  timings: Record<string, number>
  /** Kind of device it ran on. */
  device: string
  /** Set for a run that repeats another generation. */
  reproduction?: Reproduction
}

/** A write was refused because the generation is no longer this attempt's: claimed again, ended or cancelled. */
export class LostClaimError extends Error {
  override readonly name = 'LostClaimError'

  constructor({ id, attempt }: { id: string; attempt: number }) {
    super(`Attempt ${attempt} of ${id} is over.`)
  }
}

/** How a generation ends. */
export type Ending =
  | ({ status: 'succeeded' } & WorkResult)
  | { status: 'failed'; error: Failure; timings?: Record<string, number> }
  | { status: 'cancelled' }

async function storeImages(
  tx: Statements,
  { id, ownerId }: LockedGeneration,
  images: readonly NewImage[],
): Promise<Image[]> {
  const rows = images.map(
    (image, index) => Prisma.sql`(${image.id}, ${ownerId}, ${image.kind}::image_kind, ${image.width}::int,
      ${image.height}::int, ${image.contentType}, ${image.bytes}::int, ${image.sha256}, ${image.sourceSha256 ?? null},
      ${image.objectKey}, ${image.thumbnailKey}, ${id}, ${index}::int)`,
  )
  if (!rows.length) return []
  return tx.$queryRaw`
    INSERT INTO images (id, owner_id, kind, width, height, content_type, bytes, sha256, source_sha256, object_key,
      thumbnail_key, generation_id, index)
    VALUES ${Prisma.join(rows)} RETURNING ${imageColumns}`
}

/**
 * The one way into a terminal status, with its event. The session must be locked.
 *
 * @param generation - as read under the lock; the change is refused unless status and attempt are still these
 * @throws LostClaimError
 */
export async function endGeneration(tx: Statements, generation: LockedGeneration, ending: Ending): Promise<void> {
  const { id, attempt, status, queuedAt, startedAt, sessionId } = generation
  const timings = {
    ...(startedAt && { queuedMs: startedAt.getTime() - queuedAt.getTime() }),
    ...('timings' in ending && ending.timings),
  }
  const { device, reproduction } = ending.status === 'succeeded' ? ending : {}
  const error = ending.status === 'failed' ? JSON.stringify(ending.error) : null
  const change = async () => {
    const changed = await tx.$executeRaw`
    UPDATE generations
    SET status = ${ending.status satisfies GenerationStatus}::generation_status, error = ${error}::jsonb,
        device = ${device ?? null},
        reproduction = COALESCE(${reproduction ? JSON.stringify(reproduction) : null}::jsonb, reproduction),
        timings = ${JSON.stringify(timings)}::jsonb, finished_at = clock_timestamp()
    WHERE id = ${id} AND attempt = ${attempt}::int AND status = ${status}::generation_status`
    if (changed !== 1) throw new LostClaimError(generation)
  }
  const made = ending.status === 'succeeded' ? ending.images : []
  const [, images] = await inTurn(tx, change, () => storeImages(tx, generation, made))
  const result =
    ending.status === 'succeeded'
      ? { images: images.map(toImage) }
      : ending.status === 'failed'
        ? { error: ending.error }
        : {}
  const event = { type: `generation-${ending.status}` as const, payload: { ...eventBase(generation), ...result } }
  // after the event: many generations share these rows
  await inTurn(
    tx,
    () => appendEvents(tx, sessionId, [event]),
    async () => (ending.status === 'succeeded' ? recordTime(tx, generation) : undefined),
    () => recordEnd(tx, id),
  )
}
