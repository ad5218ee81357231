import { AtelierError, type Page, type PageQuery } from '@atelier/contracts'

interface Position {
  createdAt: Date
  id: string
}

const encode = ({ createdAt, id }: Position): string =>
  Buffer.from(`${createdAt.toISOString()} ${id}`).toString('base64url')

/** What {@link encode} makes, and nothing that only `Date` understands or that Postgres cannot compare. */
const form = /^((?:19[7-9]|[2-9]\d\d)\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([a-z]{3}_[0-9a-z]{16})$/

function decode(cursor: string): Position {
  const [, time = '', id] = form.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  const createdAt = new Date(time)
  if (!id || Number.isNaN(createdAt.getTime()))
    throw new AtelierError('invalid_request', 'The cursor is not one that this list gave.')
  return { createdAt, id }
}

/** What {@link page} adds to a query of Prisma. */
export interface PageArguments {
  where: { OR?: [{ createdAt: { lt: Date } }, { createdAt: Date; id: { lt: string } }] }
  orderBy: [{ createdAt: 'desc' }, { id: 'desc' }]
  take: number
}

/**
 * Reads one page, newest first. Cursors name a row, not a number of rows: what is added or removed meanwhile neither
 * repeats nor hides others.
 *
 * @param find - the query; must merge the arguments into its own
 * @throws AtelierError `invalid_request` for a cursor that is none
 */
export async function page<R extends Position, T>(
  { limit, cursor }: PageQuery,
  find: (args: PageArguments) => Promise<R[]>,
  map: (row: R) => T,
): Promise<Page<T>> {
  const after = cursor === undefined ? undefined : decode(cursor)
  const where: PageArguments['where'] = after
    ? { OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }] }
    : {}
  const rows = await find({ where, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: limit + 1 })
  const shown = rows.slice(0, limit)
  return { data: shown.map(map), nextCursor: rows.length > limit ? encode(shown.at(-1)!) : null }
}
