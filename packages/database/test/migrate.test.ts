import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { Client } from 'pg'
import { migrate, MigrationError, openDatabase } from '../src/index.js'
import { advisoryLock, createTable } from '../src/migrate/migrate.js'
import { migrationsFolder } from '../src/migrate/migrations.js'
import { startTestPostgres, type TestPostgres } from '@atelier/testing'

const copyOfMigrations = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'atelier-migrations-'))
  await cp(migrationsFolder, folder, { recursive: true })
  return folder
}

describe('the lock and the table of migrations', () => {
  it('are those of the installed Prisma', async () => {
    const prisma = dirname(createRequire(import.meta.url).resolve('prisma/package.json'))
    const engine = await readFile(join(prisma, 'build/schema_engine_bg.wasm'), 'latin1')
    assert.ok(engine.includes(`SELECT pg_advisory_lock(${advisoryLock})`))
    const columnsOf = (sql: string) =>
      sql
        .replace(/^.*?\(/s, '')
        .replaceAll('"', '')
        .replaceAll(/\s+/g, ' ')
        .trim()
        .split(', ')
    const [, theirs] = /CREATE TABLE _prisma_migrations (\(.*?\n\));/s.exec(engine)!
    assert.deepEqual(columnsOf(createTable.slice(0, -1)), columnsOf(theirs!.slice(0, -1)))
  })
})

describe('migrate', () => {
  let postgres: TestPostgres
  const query = async <R extends object>(url: string, sql: string) => {
    const client = new Client({ connectionString: url })
    await client.connect()
    return (await client.query<R>(sql).finally(() => client.end())).rows
  }
  const fresh = (suffix: string) => `${postgres.url}_${suffix}`
  const made = ['missing', 'changed', 'broken', 'older', 'zoned', 'newer', 'locked', 'indexed']

  beforeAll(async () => {
    postgres = await startTestPostgres()
  })
  afterAll(async () => {
    for (const suffix of made)
      await query(postgres.url, `DROP DATABASE IF EXISTS "${new URL(fresh(suffix)).pathname.slice(1)}" WITH (FORCE)`)
    await postgres.stop()
  })

  it('refuses to open a database that was not migrated', async () => {
    await assert.rejects(openDatabase({ url: postgres.url }), { name: 'MigrationError', message: /lacks migration/ })
  })

  it('does not wait for ever for the lock of another process', async () => {
    const url = fresh('locked')
    await migrate(url)
    const holder = new Client({ connectionString: url })
    await holder.connect()
    await holder.query('SELECT pg_advisory_lock($1)', [advisoryLock])
    await assert.rejects(migrate(url, { waitMs: 200 }), { name: 'MigrationError', message: /held the lock/ })
    await holder.end()
    assert.deepEqual(await migrate(url), { applied: [] })
  })

  it('refuses a database of a newer version in one line, and changes nothing', async () => {
    const url = fresh('newer')
    const folder = await copyOfMigrations()
    await mkdir(join(folder, '29991231000000_later'))
    await writeFile(join(folder, '29991231000000_later/migration.sql'), 'CREATE TABLE later (id text)')
    await migrate(url, { folder })
    await rm(folder, { recursive: true })
    await assert.rejects(migrate(url), { name: 'MigrationError', message: /^The database has .* newer version: .*$/ })
    assert.deepEqual(await query(url, 'SELECT id FROM later'), [])
    // a worker of this version goes on beside it: migrations only add
    await (await openDatabase({ url })).close()
  })

  it('applies each migration once when several processes start together', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => migrate(postgres.url)))
    const names = (await readdir(migrationsFolder, { withFileTypes: true }))
      .filter((e) => e.isDirectory())
      .map((e) => e.name)
      .sort()
    assert.deepEqual(all.flatMap(({ applied }) => applied).sort(), names)
    const rows = await query<{
      migration_name: string
      checksum: string
      applied_steps_count: number
      finished_at: Date
    }>(postgres.url, 'SELECT * FROM _prisma_migrations ORDER BY migration_name')
    assert.deepEqual(
      rows.map((row) => row.migration_name),
      names,
    )
    for (const row of rows) {
      const sql = await readFile(join(migrationsFolder, row.migration_name, 'migration.sql'))
      assert.equal(row.checksum, createHash('sha256').update(sql).digest('hex'))
      assert.equal(row.applied_steps_count, 1)
      assert.ok(row.finished_at)
    }
  })

  it('creates a database that is missing, also for several at once', async () => {
    await Promise.all([migrate(fresh('missing')), migrate(fresh('missing'))])
    await (await openDatabase({ url: fresh('missing') })).close()
  })

  it('names an applied migration whose file was changed', async () => {
    const folder = await copyOfMigrations()
    const { applied } = await migrate(fresh('changed'), { folder })
    await writeFile(join(folder, applied[0]!, 'migration.sql'), '-- something else')
    await assert.rejects(
      migrate(fresh('changed'), { folder }),
      (error: Error) => error instanceof MigrationError && error.message.includes(applied[0]!),
    )
  })

  it('gives generations from before there were samplers the way in which they were made', async () => {
    const [folder, url] = [await copyOfMigrations(), fresh('older')]
    const samplers = '20261124150000_samplers_and_worker_state'
    await rm(join(folder, samplers), { recursive: true })
    await migrate(url, { folder })
    const old = `'{"steps": 4, "keepUnmasked": true}'`
    await query(
      url,
      `INSERT INTO owners (id, name) VALUES ('own_1', 'o');
       INSERT INTO sessions (id, owner_id) VALUES ('ses_1', 'own_1');
       INSERT INTO turns (id, session_id, owner_id, seq, instruction, history)
         VALUES ('trn_1', 'ses_1', 'own_1', 1, 'i', '{"mode": "lineage"}');
       INSERT INTO generations (id, turn_id, session_id, owner_id, seed, model, parameters, lcu)
         VALUES ('gen_1', 'trn_1', 'ses_1', 'own_1', 1, 'm', ${old}, '[]');
       INSERT INTO events (session_id, seq, type, payload)
         VALUES ('ses_1', 1, 'turn-created', '{"turn": {}, "generations": [{"id": "gen_1", "parameters": {"steps": 4}}]}')`,
    )
    assert.deepEqual((await migrate(url)).applied, [samplers])
    const added = { sampler: 'ddim', guidanceInterval: null }
    const [row] = await query<{ parameters: object }>(url, 'SELECT parameters FROM generations')
    assert.deepEqual(row!.parameters, { steps: 4, keepUnmasked: true, ...added })
    const [event] = await query<{ payload: object }>(url, 'SELECT payload FROM events')
    assert.deepEqual(event!.payload, { turn: {}, generations: [{ id: 'gen_1', parameters: { steps: 4, ...added } }] })
  })

  it('writes the times in the event log again where a zone other than UTC had shifted them', async () => {
    const [folder, url] = [await copyOfMigrations(), fresh('zoned')]
    const utc = '20261129130000_utc'
    await rm(join(folder, utc), { recursive: true })
    await migrate(url, { folder })
    await query(url, `ALTER DATABASE "${new URL(url).pathname.slice(1)}" SET TimeZone TO 'Asia/Kolkata'`)
    const [right, shifted] = ['2026-01-02T03:04:05.678Z', '2026-01-02T08:34:05.678Z']
    const picture = (createdAt: string) => ({ id: 'img_1', createdAt })
    const log = (time: string) => ({
      made: {
        turnId: 'trn_1',
        turn: { id: 'trn_1', createdAt: time },
        generations: [{ id: 'gen_1', createdAt: time, startedAt: null, images: [picture(time)] }],
      },
      ended: { generationId: 'gen_1', images: [picture(time)] },
      gone: { turnId: 'trn_0', turn: { id: 'trn_0', createdAt: shifted }, generations: [] },
    })
    const before = log(shifted)
    await query(
      url,
      `INSERT INTO owners (id, name) VALUES ('own_1', 'o');
       INSERT INTO sessions (id, owner_id) VALUES ('ses_1', 'own_1');
       INSERT INTO turns (id, session_id, owner_id, seq, instruction, history, created_at)
         VALUES ('trn_1', 'ses_1', 'own_1', 1, 'i', '{"mode": "lineage"}', '${right}');
       INSERT INTO generations (id, turn_id, session_id, owner_id, seed, model, parameters, lcu, created_at, started_at)
         VALUES ('gen_1', 'trn_1', 'ses_1', 'own_1', 1, 'm', '{"width": 512, "height": 512}', '[]', '${right}', '${right}');
       INSERT INTO images (id, owner_id, kind, width, height, content_type, bytes, sha256, object_key, thumbnail_key,
           generation_id, index, created_at)
         VALUES ('img_1', 'own_1', 'generated', 64, 32, 'image/png', 1, 'x', 'k', 't', 'gen_1', 0, '${right}');
       INSERT INTO events (session_id, seq, type, payload) VALUES
         ('ses_1', 1, 'turn-created', '${JSON.stringify(before.made)}'),
         ('ses_1', 2, 'generation-succeeded', '${JSON.stringify(before.ended)}'),
         ('ses_1', 3, 'turn-created', '${JSON.stringify(before.gone)}')`,
    )
    assert.deepEqual((await migrate(url)).applied, [utc])
    const rows = await query<{ payload: object }>(url, 'SELECT payload FROM events ORDER BY seq')
    const after = log(right)
    assert.deepEqual(
      rows.map(({ payload }) => payload),
      [after.made, after.ended, after.gone],
    )
    const [made] = await query<{ parameters: object }>(url, 'SELECT parameters FROM generations')
    assert.deepEqual(made!.parameters, { width: 64, height: 32 })
  })

  it('lets rows be written while it makes indexes, and makes a half-made one anew', async () => {
    const [folder, url, lists] = [await copyOfMigrations(), fresh('indexed'), '20261130090000_admin_lists']
    await rm(join(folder, lists), { recursive: true })
    await migrate(url, { folder })
    const writer = new Client({ connectionString: url })
    await writer.connect()
    await writer.query('BEGIN; UPDATE generations SET seed = 1')
    const cut = assert.rejects(migrate(url), { name: 'MigrationError', message: /admin_lists .* the next try goes on/ })
    const waiting = `FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
    while (!(await query(url, `SELECT 1 ${waiting}`)).length) await setTimeout(20)
    await query(url, 'BEGIN; LOCK TABLE generations IN ROW EXCLUSIVE MODE NOWAIT; COMMIT')
    await query(url, `SELECT pg_cancel_backend(pid) ${waiting}`)
    await cut
    await writer.query('COMMIT')
    await writer.end()
    const invalid = 'SELECT indexrelid FROM pg_index WHERE NOT indisvalid'
    assert.equal((await query(url, invalid)).length, 1)
    assert.deepEqual((await migrate(url)).applied, [lists])
    assert.deepEqual(await query(url, invalid), [])
    const sql = await readFile(join(migrationsFolder, lists, 'migration.sql'), 'utf8')
    const names = [...sql.matchAll(/^CREATE INDEX "(\w+)"/gm)].map(([, name]) => name!)
    assert.equal(names.length, 9)
    const made = await query(url, `SELECT 1 FROM pg_indexes WHERE indexname IN ('${names.join("', '")}')`)
    assert.equal(made.length, 9)
  })

  it('keeps nothing of a migration that fails, and goes on when it is mended', async () => {
    const folder = await copyOfMigrations()
    const [name, file] = ['99990101000000_broken', join(folder, '99990101000000_broken', 'migration.sql')]
    await mkdir(join(folder, name))
    await writeFile(file, 'CREATE TABLE half (id int); SELECT 1 / 0;')
    await assert.rejects(migrate(fresh('broken'), { folder }), {
      name: 'MigrationError',
      message: /99990101000000_broken.*division by zero/,
    })
    await writeFile(file, 'CREATE TABLE half (id int);')
    assert.deepEqual((await migrate(fresh('broken'), { folder })).applied, [name])
  })
})
