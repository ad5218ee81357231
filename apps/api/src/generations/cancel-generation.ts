import { AtelierError, type Generation } from '@atelier/contracts'
import type { OwnerRepositories } from '@atelier/database'
import type { ApiContext } from '../api-context.js'
import { queueAnswerMs } from '../turns/enqueue.js'
import { withTimeout } from '@atelier/service'

/**
 * Cancels a generation: a queued one ends at once, a running one before its next step. The one way of REST and socket.
 *
 * @throws AtelierError `not_found`, `not_cancellable`
 */
export async function cancelGeneration(
  { presenter, queue, logger }: Pick<ApiContext, 'presenter' | 'queue' | 'logger'>,
  owner: OwnerRepositories,
  id: string,
): Promise<Generation> {
  const row = await owner.generations.cancel(id)
  if (!row) throw new AtelierError('not_found')
  // a worker would find it ended and do nothing, so a queue that does not answer does no harm
  if (row.status === 'cancelled') {
    await withTimeout(queueAnswerMs, queue.remove(id)).catch((error: unknown) =>
      logger.warn({ err: error, generationId: id }, 'a cancelled job stays in the queue'),
    )
  }
  return presenter.generation(row)
}
