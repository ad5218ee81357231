import type { ApiContext } from '../api-context.js'

const everyMs = 5000
const olderThanSeconds = 5
/** A worker reports each step and its own state; one that is silent for so long is gone. */
const silentSeconds = 60
/** Most generations that a round looks at: as a rule, and when the queue knows of fewer than there are. */
const most = 500
const mostWhenLost = 10_000
/** Questions to the queue at once. */
const atOnce = 50

/**
 * Requeues generations that the queue does not know: their process died between commit and enqueue, the queue did not
 * answer then, or it lost its data. What ran comes first, then what waits in its order, so a long queue delays but loses
 * nothing.
 *
 * @returns how many were added
 */
export async function requeueOverdue({ database, queue }: Pick<ApiContext, 'database' | 'queue'>): Promise<number> {
  const read = (limit: number) => database.admin.overdue({ olderThanSeconds, silentSeconds, limit })
  let overdue = await read(most)
  const total = overdue[0]?.total ?? 0
  if (total > most) {
    const { waiting, active, delayed } = await queue.counts()
    if (waiting + active + delayed < total) overdue = await read(mostWhenLost)
  }
  let added = 0
  const requeue = async ({ id, queueTag }: { id: string; queueTag: number }) => {
    if (await queue.has(id)) return
    await queue.add(id, queueTag)
    added += 1
  }
  for (let from = 0; from < overdue.length; from += atOnce)
    await Promise.all(overdue.slice(from, from + atOnce).map(requeue))
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
