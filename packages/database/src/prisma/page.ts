import { AtelierError, type Page, type PageQuery } from '@atelier/contracts'

/** The column that a list is sorted by. */
type Time = 'createdAt' | 'updatedAt'

const encode = (time: Date, id: string): string => Buffer.from(`${time.toISOString()} ${id}`).toString('base64url')

/** What {@link encode} makes, and nothing that only `Date` understands or that Postgres cannot compare. */
const form = /^((?:19[7-9]|[2-9]\d\d)\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([a-z]{3}_[0-9a-z]{16})$/

/** The last row of a page. */
export interface PageEnd {
  time: Date
  id: string
}

function decode(cursor: string): PageEnd {
  const [, iso = '', id] = form.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  const time = new Date(iso)
  if (!id || Number.isNaN(time.getTime()))
    throw new AtelierError('invalid_request', 'The cursor is not one that this list gave.')
  return { time, id }
}

/** What {@link page} adds to a query of Prisma. */
export interface PageArguments<By extends Time = 'createdAt'> {
  where: Partial<Record<By, { lte: Date }>> & { OR?: [Record<By, { lt: Date }>, { id: { lt: string } }] }
  orderBy: [Record<By, 'desc'>, { id: 'desc' }]
  take: number
}

/**
 * Reads one page, newest first. Cursors name a row, not a number of rows: what is added or removed meanwhile neither
 * repeats nor hides others.
 *
 * @param find - the query; must merge the arguments into its own, or begin after `after`
 * @param by - what is new; a row whose time changes between two pages may be in both or in neither
 * @throws AtelierError `invalid_request` for a cursor that is none
 */
export async function page<R extends Record<By, Date> & { id: string }, T, By extends Time = 'createdAt'>(
  { limit, cursor }: PageQuery,
  find: (args: PageArguments<By>, after: PageEnd | undefined) => Promise<R[]>,
  map: (row: R) => T,
  by: By = 'createdAt' as By,
): Promise<Page<T>> {
  const of = <V>(value: V) => ({ [by]: value }) as Record<By, V>
  const after = cursor === undefined ? undefined : decode(cursor)
  // the bound by time alone is what an index can begin at: with both within OR, every newer row would be read again
  const where = (
    after ? { ...of({ lte: after.time }), OR: [of({ lt: after.time }), { id: { lt: after.id } }] } : {}
  ) as PageArguments<By>['where']
  const rows = await find({ where, orderBy: [of('desc' as const), { id: 'desc' }], take: limit + 1 }, after)
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { data: shown.map(map), nextCursor: last && rows.length > limit ? encode(last[by], last.id) : null }
}
