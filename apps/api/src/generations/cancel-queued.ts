import type { ApiContext } from '../api-context.js'
import { toAtelierError } from '../errors/to-atelier-error.js'

/**
 * Cancels every queued generation, whoever's it is, and empties the queue. Emptying the queue alone would not do: the
 * database still knows the generations, and the sweep would bring them back.
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
