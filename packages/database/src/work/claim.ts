import { errorTable, isTerminal, type Lcu, type Parameters, type Reproduction } from '@atelier/contracts'
import type { Image, PrismaClient } from '../generated/client.js'
import { endGeneration, LostClaimError } from '../log/end-generation.js'
import { appendEvents, eventBase } from '../log/event-log.js'
import { lockGeneration } from '../log/lock-session.js'
import { checkRunning, moveTime } from '../queue/fair-share.js'
import { imageColumns, toImage, toParameters, type ImageRow, type LockedGeneration } from '../prisma/rows.js'
import { sqlTransaction } from '../prisma/transaction.js'
import { inTurn, type Statements } from '../prisma/statements.js'
import { leaveToOthers, lostTooOften } from './try-elsewhere.js'

/** What a worker works on. Every write names the attempt; a worker that lost its job can write nothing. */
export interface ClaimedGeneration {
  id: string
  turnId: string
  sessionId: string
  ownerId: string
  attempt: number
  seed: number
  model: string
  parameters: Parameters
  /** Composed when the turn was created. */
  lcu: Lcu
  priority: 'interactive' | 'background'
  /** Seconds since it was queued. */
  waitSeconds: number
  /** The request that asked for it, and its W3C trace context; null for one from before they were kept. */
  requestId: string | null
  traceParent: string | null
  /** Rows of every image and mask of the LCU, by id. */
  images: Record<string, ImageRow>
  cancelRequested: boolean
  /**
   * An earlier attempt was lost with its worker, or failed in a way that may be the worker's. It may be the cause, so no
   * other should be lost with it.
   */
  suspect: boolean
  /** Set when this generation repeats another one: that one's picture and the kind of device it ran on. */
  repeats: { generationId: string; image: ImageRow; device: string | null } | null
}

/** Whether an operator has parked it or paused its model; who unparks or resumes adds its job again. */
const isHeldBack = async (tx: Statements, { status, parkedAt, model }: LockedGeneration): Promise<boolean> =>
  (status === 'queued' && parkedAt !== null) ||
  (await tx.$queryRaw<unknown[]>`SELECT 1 FROM paused_models WHERE model = ${model}`).length > 0

/** What a running generation that lost its worker becomes; undefined: it is started again. */
async function givenUp(tx: Statements, generation: LockedGeneration) {
  if (generation.status !== 'running') return undefined
  if (generation.cancelRequestedAt) return { status: 'cancelled' as const }
  if (!(await lostTooOften(tx, generation))) return undefined
  return { status: 'failed' as const, error: { code: 'worker_lost' as const, message: errorTable.worker_lost.when } }
}

/** The last statements of a claim. */
async function start(tx: Statements, generation: LockedGeneration, workerId: string) {
  const { id, attempt, status, parameters } = generation
  const { steps } = parameters as unknown as Parameters
  const change = async () => {
    const rows = await tx.$queryRaw<{ waitSeconds: number }[]>`
      UPDATE generations
      SET status = 'running', attempt = attempt + 1, step = 0,
          lost_attempts = lost_attempts + ${status === 'running' ? 1 : 0}::int,
          worker_id = ${workerId}, started_at = clock_timestamp(), heartbeat_at = clock_timestamp()
      WHERE id = ${id} AND attempt = ${attempt}::int AND status = ${status}::generation_status
      RETURNING extract(epoch FROM started_at - queued_at)::float8 AS "waitSeconds"`
    if (!rows[0]) throw new LostClaimError(generation)
    return rows[0]
  }
  const payload = { ...eventBase(generation), attempt: attempt + 1, steps }
  const [begun] = await inTurn(
    tx,
    change,
    () => appendEvents(tx, generation.sessionId, [{ type: 'generation-started', payload }]),
    () => moveTime(tx, generation),
  )
  const suspect = status === 'running' || generation.lostAttempts > 0 || generation.failedAttempts > 0
  return { attempt: attempt + 1, suspect, ...begun }
}

async function imagesOf(tx: Statements, ownerId: string, lcu: Lcu): Promise<Record<string, ImageRow>> {
  const ids = lcu.flatMap(({ images }) =>
    images.flatMap(({ imageId, maskId }) => [imageId, ...(maskId ? [maskId] : [])]),
  )
  if (!ids.length) return {}
  const rows = await tx.$queryRaw<Image[]>`
    SELECT ${imageColumns} FROM images WHERE id = ANY(${ids}::text[]) AND owner_id = ${ownerId}`
  return Object.fromEntries(rows.map((row) => [row.id, toImage(row)]))
}

async function repeated(
  tx: Statements,
  { ownerId, reproduction }: LockedGeneration,
): Promise<ClaimedGeneration['repeats']> {
  if (reproduction === null) return null
  const { generationId } = reproduction as unknown as Reproduction
  const [old] = await tx.$queryRaw<(Image & { device: string | null })[]>`
    SELECT ${imageColumns}, (SELECT device FROM generations WHERE id = ${generationId}) AS device FROM images
    WHERE generation_id = ${generationId} AND owner_id = ${ownerId} ORDER BY index LIMIT 1`
  return old ? { generationId, image: toImage(old), device: old.device } : null
}

const pick = <T, K extends keyof T>(from: T, ...names: K[]) =>
  Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<T, K>

/**
 * Starts a generation for a worker. The queue gave it the job, so a generation that still runs has lost its worker: its
 * attempt ends here and can write nothing more. See `WorkRepository.claim`.
 */
export async function claim(
  client: PrismaClient,
  generationId: string,
  workerId: string,
  runningPerOwner?: number,
): Promise<ClaimedGeneration | null> {
  const started = await sqlTransaction(client, async (tx) => {
    const generation = await lockGeneration(tx, generationId)
    if (!generation || isTerminal(generation.status)) return null
    const ending = await givenUp(tx, generation)
    if (ending) return void (await endGeneration(tx, generation, ending))
    if (await isHeldBack(tx, generation)) return null
    if (generation.status === 'queued') {
      await leaveToOthers(tx, generation, workerId)
      // one that has lost its worker is among the running ones already
      if (runningPerOwner !== undefined) await checkRunning(tx, generation, runningPerOwner)
    }
    const lcu = generation.lcu as unknown as Lcu
    const [images, repeats] = await inTurn(
      tx,
      () => imagesOf(tx, generation.ownerId, lcu),
      () => repeated(tx, generation),
    )
    const begun = await start(tx, generation, workerId)
    return { ...generation, ...begun, lcu, images, repeats }
  })
  if (!started) return null
  return {
    ...pick(started, 'id', 'turnId', 'sessionId', 'ownerId', 'attempt', 'model', 'priority'),
    ...pick(started, 'suspect', 'waitSeconds', 'requestId', 'traceParent', 'lcu', 'images', 'repeats'),
    seed: Number(started.seed),
    parameters: toParameters(started.parameters),
    cancelRequested: started.cancelRequestedAt !== null,
  }
}
