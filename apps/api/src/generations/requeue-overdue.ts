import type { ApiContext } from '../api-context.js'

const everyMs = 5000
const olderThanSeconds = 5
/** A worker reports each step and its own state; one that is silent for so long is gone. */
const silentSeconds = 60
const most = 500

/**
 * Requeues generations that the queue does not know: their process died between commit and enqueue, the queue did not
 * answer then, or it lost its data. The oldest come first, so a long queue delays but loses nothing.
 *
 * @returns how many were added
 */
export async function requeueOverdue({ database, queue }: Pick<ApiContext, 'database' | 'queue'>): Promise<number> {
  let added = 0
  for (const { id, queueTag } of await database.admin.overdue({ olderThanSeconds, silentSeconds, limit: most })) {
    if (await queue.has(id)) continue
    await queue.add(id, queueTag)
    added += 1
  }
  return added
}

/**
 * Requeues now and every five seconds until the returned function is called. Failures are logged, and the next round
 * tries again.
 */
export function startRequeueing(context: Pick<ApiContext, 'database' | 'queue' | 'logger'>): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let running = Promise.resolve()
  const round = async () => {
    try {
      const added = await requeueOverdue(context)
      if (added) context.logger.warn({ added }, 'requeued generations that the queue did not know')
    } catch (error) {
      context.logger.warn({ err: error }, 'overdue generations could not be requeued; trying again')
    }
    if (!stopped)
      timer = setTimeout(() => {
        running = round()
      }, everyMs).unref()
  }
  running = round()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await running
  }
}
