import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { eventually } from '@atelier/testing'
import { openDatabase, type Database } from '../src/index.js'
import { openFixture, type Fixture } from './support.js'

const generations = 30_000
/** Enough for a page of 50, its rows by their ids, and all that failed; far from what a scan reads. */
const mostRead = 4_000

// The oldest thousand have an owner, a worker, a model and an error of their own: who looks for them in order of time reads all.
const id = (prefix: string, n: string) => `'${prefix}_' || substr(md5('${prefix}' || (${n})), 1, 16)`
const entity = (n: string) => `CASE WHEN ${n} <= 1000 THEN 0 ELSE 1 + ${n} % 30 END`
const fill = `
  SET session_replication_role = replica;
  INSERT INTO owners (id, name) SELECT ${id('own', 'n')}, 'Owner ' || n FROM generate_series(0, 30) n;
  INSERT INTO sessions (id, owner_id) SELECT ${id('ses', 'n')}, ${id('own', 'n % 31')} FROM generate_series(0, 3000) n;
  INSERT INTO turns (id, session_id, owner_id, seq, instruction, history)
    SELECT ${id('trn', 'n')}, ${id('ses', 'n / 10')}, ${id('own', entity('n'))}, n % 10, '', '{}' FROM generate_series(1, ${generations}) n;
  INSERT INTO generations (id, turn_id, session_id, owner_id, status, attempt, seed, model, parameters, lcu, worker_id, error, created_at, parked_at)
    SELECT ${id('gen', 'n')}, ${id('trn', 'n')}, ${id('ses', 'n / 10')}, ${id('own', entity('n'))},
      (CASE WHEN n > ${generations - 100} THEN 'queued' WHEN n % 10 = 0 THEN 'failed' WHEN n <= 1000 THEN 'cancelled' ELSE 'succeeded' END)::generation_status,
      1, 1, CASE WHEN n <= 1000 THEN 'old' ELSE 'new' END, '{"steps":20}', '[]', ${id('wrk', entity('n'))},
      CASE WHEN n % 10 = 0 AND n <= ${generations - 100} THEN jsonb_build_object('message', '', 'code',
        CASE WHEN n <= 500 THEN 'worker_lost' WHEN n <= 1000 THEN 'invalid_image' ELSE 'internal' END) END,
      now() - make_interval(secs => ${generations} - n), CASE WHEN n > ${generations - 10} THEN now() END
    FROM generate_series(1, ${generations}) n;
  INSERT INTO images (id, owner_id, kind, width, height, content_type, bytes, sha256, object_key, thumbnail_key, generation_id, index)
    SELECT ${id('img', 'n')}, ${id('own', entity('n'))}, 'generated', 64, 64, 'image/png', 100, '', '', '', ${id('gen', 'n')}, 0
    FROM generate_series(1, ${generations}) n WHERE n % 10 > 0;
  INSERT INTO admin_actions (id, created_at, owner_id, key_id, request_id, address, action, target, status)
    SELECT ${id('act', 'n')}, now() - make_interval(secs => ${generations} - n), ${id('own', entity('n'))}, ${id('key', entity('n'))}, '', '',
      CASE WHEN n <= 1000 THEN 'POST /v1/admin/old' ELSE 'POST /v1/admin/new' END, ${id('gen', 'n')}, 200
    FROM generate_series(1, ${generations}) n`

describe('the lists of operators', () => {
  let fixture: Fixture
  const ids: Record<string, string> = {}
  beforeAll(async () => {
    fixture = await openFixture()
    await fixture.sql(fill)
    // it leaves out what an automatic one looks at in the same moment
    await eventually('an index alone can answer', async () => {
      await fixture.sql('VACUUM ANALYZE')
      const [row] = await fixture.sql<{ all: boolean }>(
        "SELECT bool_and(relallvisible = relpages) AS all FROM pg_class WHERE relname IN ('generations', 'images')",
      )
      return row!.all
    })
    for (const prefix of ['gen', 'trn', 'ses', 'own', 'wrk', 'key'])
      ids[prefix] = (await fixture.sql<{ id: string }>(`SELECT ${id(prefix, '0')} AS id`))[0]!.id
  })
  afterAll(() => fixture.stop())

  /** How many rows of a table, or entries of its indexes, a call reads. The server counts them when its connection has ended. */
  async function rowsRead<T>(table: string, call: (db: Database) => Promise<T>): Promise<{ answer: T; read: number }> {
    const count = async () => {
      const [row] = await fixture.sql<{ n: number }>(
        `SELECT (t.seq_tup_read + sum(i.idx_tup_read))::int AS n FROM pg_stat_user_tables t
         JOIN pg_stat_user_indexes i USING (relid) WHERE t.relname = $1 GROUP BY t.relid, t.seq_tup_read`,
        [table],
      )
      return row!.n
    }
    const connections = async () => {
      const rows = await fixture.sql<{ pid: number }>(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'",
      )
      return rows.map(({ pid }) => pid)
    }
    const [before, old] = [await count(), new Set(await connections())]
    const db = await openDatabase({ url: fixture.url, poolSize: 1 })
    const answer = await call(db).finally(() => db.close())
    await eventually('its connection has ended', async () => (await connections()).every((pid) => old.has(pid)))
    return { answer, read: (await count()) - before }
  }

  const filters: [string, number, () => Record<string, unknown>][] = [
    ['everything', 50, () => ({})],
    ...(['queued', 'failed', 'succeeded', 'cancelled'] as const).map(
      (status): [string, number, () => Record<string, unknown>] => [status, 50, () => ({ status })],
    ),
    ['an owner', 50, () => ({ owner: ids['own'] })],
    ['an owner and a status', 50, () => ({ owner: ids['own'], status: 'failed' })],
    ['a session', 9, () => ({ session: ids['ses'] })],
    ['a worker', 50, () => ({ worker: ids['wrk'] })],
    ['a model', 50, () => ({ model: 'old' })],
    ['a model that nobody asked for', 0, () => ({ model: 'none' })],
    ['a code', 50, () => ({ code: 'invalid_image' })],
    ['parked ones', 10, () => ({ parked: true })],
    ['all but parked ones', 50, () => ({ parked: false })],
    ['poison', 50, () => ({ poison: true })],
    ['all but poison', 50, () => ({ poison: false })],
    ['an id that is none', 0, () => ({ search: 'gen_zzzzzzzz' })],
    ['the beginning of the id of a session', 9, () => ({ search: ids['ses']!.slice(0, 14) })],
    ['the beginning of the id of an owner', 50, () => ({ search: ids['own']!.slice(0, 14) })],
    ['the beginning of the id of a worker', 50, () => ({ search: ids['wrk']!.slice(0, 14) })],
    ['the id of a worker', 50, () => ({ search: ids['wrk'] })],
  ]
  it.each(filters)('read little of a long table of generations: %s', async (_name, rows, filter) => {
    const list = (cursor?: string) =>
      rowsRead('generations', (db) => db.admin.generations({ limit: 50, ...filter(), ...(cursor && { cursor }) }))
    const { answer, read } = await list()
    assert.equal(answer.data.length, rows)
    assert.ok(read <= mostRead, `the first page read ${read} rows`)
  })

  it('read little for a page in the middle', async () => {
    const half = Buffer.from(`${new Date(Date.now() - (generations / 2) * 1000).toISOString()} ${ids['gen']}`)
    const { answer, read } = await rowsRead('generations', (db) =>
      db.admin.generations({ limit: 50, cursor: half.toString('base64url') }),
    )
    assert.equal(answer.data.length, 50)
    assert.ok(read <= mostRead, `it read ${read} rows`)
  })

  it('read little of the log of actions, also in the middle of it', async () => {
    const half = Buffer.from(`${new Date(Date.now() - (generations / 2) * 1000).toISOString()} ${ids['gen']}`)
    const { answer, read } = await rowsRead('admin_actions', (db) =>
      db.admin.actions.list({ limit: 50, cursor: half.toString('base64url') }),
    )
    assert.equal(answer.data.length, 50)
    assert.ok(read <= mostRead, `it read ${read} rows`)
  })

  it.each([
    ['a key', () => ({ key: ids['key']! })],
    ['an owner', () => ({ owner: ids['own']! })],
    ['an action', () => ({ action: 'POST /v1/admin/old' })],
    ['an action that nobody has done', () => ({ action: 'POST /v1/admin/none' })],
  ] as const)('read little of the log of actions: %s', async (_name, filter) => {
    const { read } = await rowsRead('admin_actions', (db) => db.admin.actions.list({ limit: 50, ...filter() }))
    assert.ok(read <= mostRead, `it read ${read} rows`)
  })

  it('read the log of actions once to export it', async () => {
    const { answer, read } = await rowsRead('admin_actions', async (db) => {
      let rows = 0
      for await (const page of db.admin.actions.export({})) rows += page.length
      return rows
    })
    assert.equal(answer, generations)
    assert.ok(read <= 2 * generations, `it read ${read} rows`)
  })

  it('count what owners have by indexes alone', async () => {
    const fetched = async () =>
      (
        await fixture.sql<{ n: number }>(
          `SELECT sum(seq_tup_read + idx_tup_fetch)::int AS n FROM pg_stat_user_tables
           WHERE relname IN ('generations', 'images')`,
        )
      )[0]!.n
    const before = await fetched()
    const { answer } = await rowsRead('owners', (db) => db.admin.owners({ limit: 50 }))
    const old = answer.data.find((owner) => owner.id === ids['own'])!
    assert.deepEqual([old.failed, old.cancelled, old.storage[0]!.images], [100, 900, 900])
    assert.equal((await fetched()) - before, 0)
  })
})
