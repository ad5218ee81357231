import { idPrefixes, type AdminGenerationsQuery } from '@atelier/contracts'
import { Prisma } from '../generated/client.js'
import type { Queries } from '../prisma/create-client.js'
import type { PageEnd } from '../prisma/page.js'

// SQL of our own, because Prisma can neither use the index of error codes nor say NOT EXISTS. The table is `g` in all of it.

/** Which generations are wanted: all that is said must hold. */
export type GenerationFilters = Omit<AdminGenerationsQuery, 'limit' | 'cursor'>

const isParked = Prisma.sql`(g.status = 'queued' AND g.parked_at IS NOT NULL)`

/** Failed because it took down its worker again and again, and not put back since. */
const isPoison = Prisma.sql`(g.status = 'failed' AND g.error->>'code' = 'worker_lost'
  AND NOT EXISTS (SELECT 1 FROM generations retry WHERE retry.retry_of = g.id))`

function wanted(filters: GenerationFilters, after: PageEnd | undefined): Prisma.Sql[] {
  const { status, owner, session, worker, model, code, parked, poison } = filters
  return [
    ...(status ? [Prisma.sql`g.status = ${status}::generation_status`] : []),
    ...(owner ? [Prisma.sql`g.owner_id = ${owner}`] : []),
    ...(session ? [Prisma.sql`g.session_id = ${session}`] : []),
    ...(worker ? [Prisma.sql`g.worker_id = ${worker}`] : []),
    ...(model === undefined ? [] : [Prisma.sql`g.model = ${model}`]),
    ...(code ? [Prisma.sql`g.error->>'code' = ${code}`] : []),
    ...(parked === undefined ? [] : [parked ? isParked : Prisma.sql`NOT ${isParked}`]),
    ...(poison === undefined ? [] : [poison ? isPoison : Prisma.sql`${isPoison} IS NOT TRUE`]),
    ...(after ? [Prisma.sql`(g.created_at, g.id) < (${after.time}::timestamptz, ${after.id})`] : []),
  ]
}

/** The column whose ids begin with a prefix. */
const searched = {
  [idPrefixes.generation]: Prisma.sql`id`,
  [idPrefixes.turn]: Prisma.sql`turn_id`,
  [idPrefixes.session]: Prisma.sql`session_id`,
  [idPrefixes.owner]: Prisma.sql`owner_id`,
  [idPrefixes.worker]: Prisma.sql`worker_id`,
} as const
const idLength = 20

const newest = (conditions: Prisma.Sql[], take: number) => Prisma.sql`
  SELECT g.id, g.created_at FROM generations g
  ${conditions.length ? Prisma.sql`WHERE ${Prisma.join(conditions, ' AND ')}` : Prisma.empty}
  ORDER BY g.created_at DESC, g.id DESC LIMIT ${take}::int`

const fewIds = 20

/** The different ids of a column within bounds, at most one more than {@link fewIds}: one step through its index for each. */
async function idsWithin(client: Queries, column: Prisma.Sql, first: string, last: string): Promise<string[]> {
  const rows = await client.$queryRaw<{ id: string }[]>`
    WITH RECURSIVE ids(id) AS (
      SELECT min(${column}) FROM generations WHERE ${column} BETWEEN ${first} AND ${last}
      UNION ALL
      SELECT (SELECT min(${column}) FROM generations WHERE ${column} > ids.id AND ${column} <= ${last})
      FROM ids WHERE ids.id IS NOT NULL)
    SELECT id FROM ids WHERE id IS NOT NULL LIMIT ${fewIds + 1}::int`
  return rows.map(({ id }) => id)
}

/**
 * Adds a search by the beginning of an id: a range, because an index serves LIKE only in the collation C. All ids have one
 * length, and hold only what the usual collations put in the order of ASCII.
 */
async function searchQuery(
  client: Queries,
  search: string,
  conditions: Prisma.Sql[],
  take: number,
): Promise<Prisma.Sql | undefined> {
  const text = search[3] === '_' && search.slice(0, 3) in searched ? search : `gen_${search}`
  if (!/^[a-z]{3}_[0-9a-z]{0,16}$/.test(text)) return undefined
  const prefix = text.slice(0, 3) as keyof typeof searched
  const column = searched[prefix]
  const [first, last] = [text.padEnd(idLength, '0'), text.padEnd(idLength, 'z')]
  if (first === last) return newest([Prisma.sql`g.${column} = ${text}`, ...conditions], take)
  if (prefix === idPrefixes.owner || prefix === idPrefixes.worker) {
    // Those of a few owners or workers may all be old. The planner thinks they are spread over all of time, and would read
    // everything that is newer to find them in order; so each one's newest are read.
    const ids = await idsWithin(client, column, first, last)
    if (ids.length <= fewIds)
      return Prisma.sql`
        SELECT found.id FROM unnest(${ids}::text[]) AS one(id)
        CROSS JOIN LATERAL (${newest([Prisma.sql`g.${column} = one.id`, ...conditions], take)}) found
        ORDER BY found.created_at DESC, found.id DESC LIMIT ${take}::int`
  }
  return newest([Prisma.sql`g.${column} BETWEEN ${first} AND ${last}`, ...conditions], take)
}

/**
 * Finds generations of all owners, newest first.
 *
 * @param take - most ids
 * @param after - the last of the page before; undefined: from the newest
 * @returns their ids
 */
export async function findGenerations(
  client: Queries,
  { search, ...filters }: GenerationFilters,
  take: number,
  after: PageEnd | undefined,
): Promise<string[]> {
  const conditions = wanted(filters, after)
  const query = search ? await searchQuery(client, search, conditions, take) : newest(conditions, take)
  return query ? (await client.$queryRaw<{ id: string }[]>(query)).map(({ id }) => id) : []
}
