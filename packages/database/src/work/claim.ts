import { errorTable, isTerminal, type Lcu, type Parameters, type Reproduction } from '@atelier/contracts'
import type { PrismaClient } from '../generated/client.js'
import { endGeneration, LostClaimError } from '../log/end-generation.js'
import { appendEvents, eventBase } from '../log/event-log.js'
import { lockGeneration } from '../log/lock-session.js'
import type { Queries } from '../prisma/create-client.js'
import { checkRunning, moveTime } from '../queue/fair-share.js'
import { toImage, withImages, type GenerationModel, type ImageRow } from '../prisma/rows.js'
import { transaction } from '../prisma/transaction.js'
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
  /** Set when this generation repeats another one: that one's picture and the kind of device it ran on. */
  repeats: { generationId: string; image: ImageRow; device: string | null } | null
}

/** Whether an operator has parked it or paused its model; who unparks or resumes adds its job again. */
const isHeldBack = async (tx: Queries, { status, parkedAt, model }: GenerationModel): Promise<boolean> =>
  (status === 'queued' && parkedAt !== null) || (await tx.pausedModel.count({ where: { model } })) > 0

/** What a running generation that lost its worker becomes; undefined: it is started again. */
async function givenUp(tx: Queries, generation: GenerationModel) {
  if (generation.status !== 'running') return undefined
  if (generation.cancelRequestedAt) return { status: 'cancelled' as const }
  if (!(await lostTooOften(tx, generation))) return undefined
  return { status: 'failed' as const, error: { code: 'worker_lost' as const, message: errorTable.worker_lost.when } }
}

async function start(tx: Queries, generation: GenerationModel, workerId: string) {
  const { id, attempt, status } = generation
  const rows = await tx.$queryRaw<{ waitSeconds: number }[]>`
    UPDATE generations
    SET status = 'running', attempt = attempt + 1, step = 0,
        lost_attempts = lost_attempts + ${status === 'running' ? 1 : 0}::int,
        worker_id = ${workerId}, started_at = clock_timestamp(), heartbeat_at = clock_timestamp()
    WHERE id = ${id} AND attempt = ${attempt}::int AND status = ${status}::generation_status
    RETURNING extract(epoch FROM started_at - queued_at)::float8 AS "waitSeconds"`
  if (!rows[0]) throw new LostClaimError(generation)
  const { steps } = generation.parameters as unknown as Parameters
  await appendEvents(tx, generation.sessionId, [
    { type: 'generation-started', payload: { ...eventBase(generation), attempt: attempt + 1, steps } },
  ])
  return { attempt: attempt + 1, ...rows[0] }
}

async function imagesOf(client: Queries, ownerId: string, lcu: Lcu): Promise<Record<string, ImageRow>> {
  const ids = lcu.flatMap(({ images }) =>
    images.flatMap(({ imageId, maskId }) => [imageId, ...(maskId ? [maskId] : [])]),
  )
  const rows = ids.length ? await client.image.findMany({ where: { id: { in: ids }, ownerId } }) : []
  return Object.fromEntries(rows.map((row) => [row.id, toImage(row)]))
}

async function repeated(
  client: Queries,
  { ownerId, reproduction }: GenerationModel,
): Promise<ClaimedGeneration['repeats']> {
  if (reproduction === null) return null
  const { generationId } = reproduction as unknown as Reproduction
  const old = await client.generation.findUnique({ where: { id: generationId, ownerId }, include: withImages })
  const image = old?.images[0]
  return image ? { generationId, image: toImage(image), device: old.device } : null
}

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
  const started = await transaction(client, async (tx) => {
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
    const begun = await start(tx, generation, workerId)
    await moveTime(tx, generation)
    return { ...generation, ...begun }
  })
  if (!started) return null
  const {
    id,
    turnId,
    sessionId,
    ownerId,
    attempt,
    model,
    priority,
    waitSeconds,
    requestId,
    traceParent,
    cancelRequestedAt,
  } = started
  const lcu = started.lcu as unknown as Lcu
  return {
    id,
    turnId,
    sessionId,
    ownerId,
    attempt,
    model,
    priority,
    waitSeconds,
    requestId,
    traceParent,
    seed: Number(started.seed),
    lcu,
    parameters: started.parameters as unknown as Parameters,
    images: await imagesOf(client, ownerId, lcu),
    repeats: await repeated(client, started),
    cancelRequested: cancelRequestedAt !== null,
  }
}
