import type { CreateTurn, TurnImage } from '@atelier/contracts'
import { checkAspect, namedImages, resolveImages, resolveParent, type UnitTurn } from '@atelier/conversation'
import type { PrismaClient } from '../generated/client.js'
import { translateError } from '../prisma/translate-error.js'
import type { Queries } from '../prisma/create-client.js'
import type { Statements } from '../prisma/statements.js'
import { keepAllImages, keepImages } from './lock-images.js'
import { turnsForDefaultImage, turnsForHistory, turnsForParent } from './turn-context.js'

interface Size {
  width: number
  height: number
}

/** What the rules need to know of a turn to place it. */
export interface PlannedTurn extends Pick<CreateTurn, 'instruction' | 'images' | 'history' | 'parentTurnId'> {
  /** Null: one that does not exist yet. */
  sessionId: string | null
  /** Longest side over shortest of images that the model sees whole; others are refused. Left out: none is. */
  maxAspect?: number
  /** The size that the generations get from the first condition image, if there is one; default: that of `parameters`. */
  sizeFor?: (image: Size) => Size
}

/** What the rules of `@atelier/conversation` decide of a turn from what its session holds. */
export interface TurnPlan {
  /** Its condition images, in order; the first is the one that it edits. */
  images: TurnImage[]
  parentTurnId: string | null
  /** The turns that its history is taken from, oldest first. */
  earlier: UnitTurn[]
  /** The size of its pictures if it edits one, else nothing. */
  size: Partial<Size>
}

/**
 * Plans a turn.
 *
 * @param lock - true: its images are kept until the transaction ends, and the session must be locked
 * @throws AtelierError of `resolveImages`, `checkAspect` or `resolveParent`
 */
export async function planTurn(
  tx: Statements,
  ownerId: string,
  turn: PlannedTurn,
  { activeTurnId, lock }: { activeTurnId: string | null; lock: boolean },
): Promise<TurnPlan> {
  const { sessionId, images: asked, parentTurnId: followed = activeTurnId, history } = turn
  const named = namedImages(turn)
  const byDefault = sessionId !== null && asked === undefined && !named.length && followed !== null
  const nearby = byDefault ? await turnsForDefaultImage(tx, sessionId, followed) : []
  const found = await keepImages(tx, ownerId, named, { lock })
  const images = resolveImages(turn, { turns: nearby, activeTurnId }, found)
  const known = named.length ? found : await keepAllImages(tx, ownerId, images, { lock })
  if (turn.maxAspect !== undefined) checkAspect(images, known, turn.maxAspect)
  const origins = sessionId === null ? [] : await turnsForParent(tx, sessionId, turn.parentTurnId, images)
  const parentTurnId = resolveParent(turn, images, { turns: origins, activeTurnId })
  const earlier = sessionId === null ? [] : await turnsForHistory(tx, sessionId, parentTurnId, history)
  const edited = images[0] && known.get(images[0].imageId)
  return { images, parentTurnId, earlier, size: edited && turn.sizeFor ? turn.sizeFor(edited) : {} }
}

/** {@link planTurn} for a turn that is not created: on one view of the session, without a lock. Null: no such session. */
export async function planOnly(client: PrismaClient, ownerId: string, turn: PlannedTurn): Promise<TurnPlan | null> {
  const plan = async (tx: Queries) => {
    const { sessionId } = turn
    if (sessionId === null) return planTurn(tx, ownerId, turn, { activeTurnId: null, lock: false })
    const select = { activeTurnId: true }
    const session = await tx.session.findUnique({ where: { id: sessionId, ownerId }, select })
    return session && planTurn(tx, ownerId, turn, { ...session, lock: false })
  }
  const options = { isolationLevel: 'RepeatableRead', maxWait: 10_000, timeout: 15_000 } as const
  return client
    .$transaction((tx) => plan(tx as unknown as Queries), options)
    .catch((error: unknown) => {
      throw translateError(error)
    })
}
