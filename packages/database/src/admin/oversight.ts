import type { PrismaClient } from '../generated/client.js'
import { retryGeneration } from '../owner/repeat-generation.js'
import { page } from '../prisma/page.js'
import { toGeneration, toWorker, withImages } from '../prisma/rows.js'
import type { AdminRepository } from '../repositories.js'

type Oversight = Pick<AdminRepository, 'workers' | 'generations' | 'retry' | 'overdue' | 'unnamedKeys' | 'usage'>

/** Workers and the work of all owners. */
export function oversight(client: PrismaClient): Oversight {
  return {
    workers: async (withinSeconds) => {
      const seen = await client.$queryRaw<{ id: string }[]>`
        SELECT id FROM workers WHERE last_seen_at > now() - make_interval(secs => ${withinSeconds}::float8)`
      const rows = await client.worker.findMany({
        where: { id: { in: seen.map(({ id }) => id) } },
        orderBy: [{ startedAt: 'desc' }, { id: 'asc' }],
      })
      return rows.map(toWorker)
    },
    generations: ({ status, ...query }) =>
      page(
        query,
        ({ where, ...rest }) =>
          client.generation.findMany({ where: { ...where, ...(status && { status }) }, include: withImages, ...rest }),
        (row) => ({ ...toGeneration(row), ownerId: row.ownerId }),
      ),
    retry: (id) => retryGeneration(client, id),
    overdue: ({ olderThanSeconds, silentSeconds, limit }) => client.$queryRaw`
      SELECT id, status::text AS status FROM generations
      WHERE (status = 'queued' AND queued_at < now() - make_interval(secs => ${olderThanSeconds}::float8))
         OR (status = 'running' AND heartbeat_at < now() - make_interval(secs => ${silentSeconds}::float8))
      ORDER BY queued_at, id LIMIT ${limit}::int`,
    unnamedKeys: async (keys) => {
      // one condition a column: with OR in one it would be read once for each key
      const rows = await client.$queryRaw<{ key: string }[]>`
        SELECT key FROM unnest(${keys}::text[]) WITH ORDINALITY AS given(key, position)
        WHERE NOT EXISTS (SELECT 1 FROM images WHERE object_key = key)
          AND NOT EXISTS (SELECT 1 FROM images WHERE thumbnail_key = key)
          AND NOT EXISTS (SELECT 1 FROM generations
            WHERE key LIKE 'generations/%' AND id = split_part(key, '/', 2) AND status IN ('queued', 'running'))
        ORDER BY position`
      return rows.map(({ key }) => key)
    },
    usage: () => client.$queryRaw`
      SELECT o.id AS "ownerId", o.name,
        COUNT(g.id) FILTER (WHERE g.status = 'succeeded')::int AS succeeded,
        COUNT(g.id) FILTER (WHERE g.status = 'failed')::int AS failed,
        COUNT(g.id) FILTER (WHERE g.status = 'cancelled')::int AS cancelled,
        COALESCE(SUM(i.images), 0)::int AS images
      FROM owners o
      LEFT JOIN generations g ON g.owner_id = o.id AND g.status IN ('succeeded', 'failed', 'cancelled')
      LEFT JOIN (SELECT generation_id, COUNT(*) AS images FROM images GROUP BY generation_id) i
        ON i.generation_id = g.id
      GROUP BY o.id ORDER BY o.created_at, o.id`,
  }
}
