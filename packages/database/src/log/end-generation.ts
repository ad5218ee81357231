import type { Failure, GenerationStatus, Reproduction } from '@atelier/contracts'
import type { Queries } from '../prisma/create-client.js'
import { toImage, type GenerationModel, type NewImage } from '../prisma/rows.js'
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

async function storeImages(tx: Queries, generation: GenerationModel, images: NewImage[]) {
  await tx.image.createMany({
    data: images.map((image, index) => ({ ...image, ownerId: generation.ownerId, generationId: generation.id, index })),
  })
  return tx.image.findMany({ where: { generationId: generation.id }, orderBy: { index: 'asc' } })
}

/**
 * The one way into a terminal status, with its event. The session must be locked.
 *
 * @param generation - as read under the lock; the change is refused unless status and attempt are still these
 * @throws LostClaimError
 */
export async function endGeneration(tx: Queries, generation: GenerationModel, ending: Ending): Promise<void> {
  const { id, attempt, status, queuedAt, startedAt, sessionId } = generation
  const timings = {
    ...(startedAt && { queuedMs: startedAt.getTime() - queuedAt.getTime() }),
    ...('timings' in ending && ending.timings),
  }
  const { device, reproduction } = ending.status === 'succeeded' ? ending : {}
  const error = ending.status === 'failed' ? JSON.stringify(ending.error) : null
  const changed = await tx.$executeRaw`
    UPDATE generations
    SET status = ${ending.status satisfies GenerationStatus}::generation_status, error = ${error}::jsonb,
        device = ${device ?? null},
        reproduction = COALESCE(${reproduction ? JSON.stringify(reproduction) : null}::jsonb, reproduction),
        timings = ${JSON.stringify(timings)}::jsonb, finished_at = clock_timestamp()
    WHERE id = ${id} AND attempt = ${attempt}::int AND status = ${status}::generation_status`
  if (changed !== 1) throw new LostClaimError(generation)
  const result =
    ending.status === 'succeeded'
      ? { images: (await storeImages(tx, generation, ending.images)).map(toImage) }
      : ending.status === 'failed'
        ? { error: ending.error }
        : {}
  await appendEvents(tx, sessionId, [
    { type: `generation-${ending.status}`, payload: { ...eventBase(generation), ...result } },
  ])
  // last: many generations share these rows
  if (ending.status === 'succeeded') await recordTime(tx, generation)
  await recordEnd(tx, id)
}
