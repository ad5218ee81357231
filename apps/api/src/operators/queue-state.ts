import type { QueueState } from '@atelier/contracts'
import type { ApiContext } from '../api-context.js'

/** The queue as operators see it. @throws AtelierError `unavailable` when queue or database does not answer */
export async function queueState({ queue, database }: Pick<ApiContext, 'queue' | 'database'>): Promise<QueueState> {
  const [counts, pausedModels, lanes] = await Promise.all([
    queue.counts(),
    database.admin.pausedModels(),
    database.admin.modelLanes(),
  ])
  return { ...counts, pausedModels, lanes }
}
