import type { Queries } from '../prisma/create-client.js'

/**
 * How many queued generations of all owners are before one that is queued now.
 *
 * @param excluded - generations that do not count: those just queued in the caller's transaction
 */
export const queuePosition = (tx: Queries, excluded: readonly string[]): Promise<number> =>
  tx.generation.count({ where: { status: 'queued', id: { notIn: [...excluded] } } })
