import type { QueueState } from '@atelier/contracts'
import type { Database } from '@atelier/database'
import type { GenerationQueue } from '@atelier/queue'

/** What the state of the queue is read from. */
export interface QueueParts {
  database: Pick<Database, 'admin'>
  queue: Pick<GenerationQueue, 'counts'>
}

/** The queue as operators see it. @throws AtelierError `unavailable` when queue or database does not answer */
export async function queueState({ queue, database }: QueueParts): Promise<QueueState> {
  const [counts, pausedModels, lanes] = await Promise.all([
    queue.counts(),
    database.admin.pausedModels(),
    database.admin.modelLanes(),
  ])
  return { ...counts, pausedModels, lanes }
}
