import type { ApiContext } from './api-context.js'

const everyMs = 5000
const olderThanSeconds = 5
/** A worker reports each step and its own state; silence for so long means that it is gone. */
const silentSeconds = 60
const most = 500

/**
 * Brings back generations that the queue does not know: their process died between commit and enqueue, the queue did
 * not answer then, or lost its data. The oldest come first, so a long queue delays but loses nothing.
 *
 * @returns how many were added
 */
export async function sweep({ database, queue }: Pick<ApiContext, 'database' | 'queue'>): Promise<number> {
  let added = 0
  for (const { id } of await database.admin.overdue({ olderThanSeconds, silentSeconds, limit: most })) {
    if (await queue.has(id)) continue
    await queue.add(id)
    added += 1
  }
  return added
}

/**
 * Sweeps now and every five seconds until the returned function is called. Failures are logged; the next sweep tries
 * again.
 */
export function startSweeping(context: Pick<ApiContext, 'database' | 'queue' | 'logger'>): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let running = Promise.resolve()
  const round = async () => {
    try {
      const added = await sweep(context)
      if (added) context.logger.warn({ added }, 'the queue did not know some generations; added again')
    } catch (error) {
      context.logger.warn({ err: error }, 'the sweep failed; trying again')
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
