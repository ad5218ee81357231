import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Client } from 'pg'
import { migrate, MigrationError, openDatabase } from '../src/index.js'
import { migrationsFolder } from '../src/migrate/migration-files.js'
import { startTestPostgres, type TestPostgres } from '../test-support/index.js'

const copyOfMigrations = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'atelier-migrations-'))
  await cp(migrationsFolder, folder, { recursive: true })
  return folder
}

describe('migrate', () => {
  let postgres: TestPostgres
  const query = async <R extends object>(url: string, sql: string) => {
    const client = new Client({ connectionString: url })
    await client.connect()
    return (await client.query<R>(sql).finally(() => client.end())).rows
  }
  const fresh = (suffix: string) => `${postgres.url}_${suffix}`
  const made = ['missing', 'changed', 'broken']

  before(async () => {
    postgres = await startTestPostgres()
  })
  after(async () => {
    for (const suffix of made)
      await query(postgres.url, `DROP DATABASE IF EXISTS "${new URL(fresh(suffix)).pathname.slice(1)}" WITH (FORCE)`)
    await postgres.stop()
  })

  it('refuses to open a database that was not migrated', async () => {
    await assert.rejects(openDatabase({ url: postgres.url }), { name: 'MigrationError', message: /lacks migration/ })
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
    const { applied } = await migrate(fresh('changed'), folder)
    await writeFile(join(folder, applied[0]!, 'migration.sql'), '-- something else')
    await assert.rejects(
      migrate(fresh('changed'), folder),
      (error: Error) => error instanceof MigrationError && error.message.includes(applied[0]!),
    )
  })

  it('keeps nothing of a migration that fails, and goes on when it is mended', async () => {
    const folder = await copyOfMigrations()
    const [name, file] = ['99990101000000_broken', join(folder, '99990101000000_broken', 'migration.sql')]
    await mkdir(join(folder, name))
    await writeFile(file, 'CREATE TABLE half (id int); SELECT 1 / 0;')
    await assert.rejects(migrate(fresh('broken'), folder), {
      name: 'MigrationError',
      message: /99990101000000_broken.*division by zero/,
    })
    await writeFile(file, 'CREATE TABLE half (id int);')
    assert.deepEqual((await migrate(fresh('broken'), folder)).applied, [name])
  })
})
