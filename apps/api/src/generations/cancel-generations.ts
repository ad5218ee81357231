import type { Generation } from '@atelier/contracts'
import type { OwnerRepositories } from '@atelier/database'
import { failpoint, withTimeout } from '@atelier/service'
import type { ApiContext } from '../api-context.js'
import { toAtelierError } from '../errors.js'
import { orNotFound } from '../or-not-found.js'
import { queueAnswerMs } from '../turns/enqueue.js'

/**
 * Cancels a generation: a queued one ends at once, a running one before its next step. REST and socket both call this.
 *
 * @throws AtelierError `not_found`, `not_cancellable`
 */
export async function cancelGeneration(
  { serializer, queue, logger }: Pick<ApiContext, 'serializer' | 'queue' | 'logger'>,
  owner: OwnerRepositories,
  id: string,
): Promise<Generation> {
  const row = orNotFound(await owner.generations.cancel(id))
  failpoint('cancel-stored')
  // a worker would find it ended and do nothing, so a queue that does not answer does no harm
  if (row.status === 'cancelled') {
    await withTimeout(queueAnswerMs, queue.remove(id)).catch((error: unknown) =>
      logger.warn({ err: error, generationId: id }, 'a cancelled job stays in the queue'),
    )
  }
  return serializer.generation(row)
}

/**
 * Cancels every queued generation, whoever's it is, and empties the queue. Emptying the queue alone would not do: the
 * database still knows the generations, and `requeueOverdue` would bring them back.
 *
 * @returns how many were cancelled
 */
export async function cancelQueued({ database, queue }: Pick<ApiContext, 'database' | 'queue'>): Promise<number> {
  let cancelled = 0
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await database.admin.generations({ status: 'queued', limit: 100, ...(cursor && { cursor }) })
    for (const { id, ownerId } of page.data) {
      try {
        if (await database.forOwner(ownerId).generations.cancel(id)) cancelled += 1
        failpoint('waiting-cancelled')
      } catch (error) {
        // it ended meanwhile: nothing to cancel
        if (toAtelierError(error).code !== 'not_cancellable') throw error
      }
    }
    cursor = page.nextCursor
  }
  await queue.drain()
  return cancelled
}
