import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { setUtc } from '../prisma/set-utc.js'
import { MigrationError, migrationsFolder, readMigrations, type Migration } from './migrations.js'

// Hand-written because `prisma migrate deploy` downloads an engine. A test compares these two with the installed Prisma's.

/** The lock of the Prisma command line, so that it and this never run at once. */
export const advisoryLock = 72_707_369

/** The table of the Prisma command line. */
export const createTable = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL, "checksum" VARCHAR(64) NOT NULL, "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL, "logs" TEXT, "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(), "applied_steps_count" INTEGER NOT NULL DEFAULT 0)`

const connectionTimeoutMillis = 10_000

interface Row {
  migration_name: string
  checksum: string
  finished_at: Date | null
}

/**
 * Creates the database that a URL names unless it exists.
 *
 * @param url - `postgres://…/name`; its user must be allowed to create databases only if it is missing
 */
async function createDatabase(url: string): Promise<void> {
  const probe = new Client({ connectionString: url, connectionTimeoutMillis, keepAlive: true })
  try {
    await probe.connect()
    return
  } catch (error) {
    if ((error as { code?: string }).code !== '3D000') throw error
  } finally {
    await probe.end().catch(() => {})
  }
  const server = new URL(url)
  const name = decodeURIComponent(server.pathname.slice(1))
  server.pathname = '/postgres'
  const client = new Client({ connectionString: server.href, connectionTimeoutMillis, keepAlive: true })
  await client.connect()
  try {
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`)
  } catch (error) {
    // 42P04, 23505: another process made it first
    if (!['42P04', '23505'].includes((error as { code: string }).code)) throw error
  } finally {
    await client.end()
  }
}

/** Which migrations are still to apply. @throws MigrationError when an applied one is not the repository's */
function pending(migrations: Migration[], rows: Row[]): Migration[] {
  const known = new Set(migrations.map(({ name }) => name))
  const newer = rows.find((row) => !known.has(row.migration_name))
  if (newer) {
    throw new MigrationError(
      `The database has migration ${newer.migration_name} of a newer version: start that version, or restore a backup of this one.`,
    )
  }
  const applied = new Map(rows.map((row) => [row.migration_name, row]))
  return migrations.filter(({ name, checksum }) => {
    const row = applied.get(name)
    if (row && !row.finished_at) {
      throw new MigrationError(
        `Migration ${name} failed half-way under another tool: mend it with \`prisma migrate resolve\`.`,
      )
    }
    if (row && row.checksum !== checksum) {
      throw new MigrationError(
        `Migration ${name} was changed after it was applied: restore its file and write a new migration.`,
      )
    }
    return !row
  })
}

/** The statements of a migration that does nothing but make indexes, by the names of these; of another one null. */
function indexesOf(sql: string): Map<string, string> | null {
  const statements = sql.replace(/^\s*--.*$/gm, '').split(';')
  const made = statements.map((one) => one.trim()).filter(Boolean)
  const named = made.map((one) => [/^CREATE INDEX "(\w+)" ON /.exec(one)?.[1], one] as const)
  return named.every((entry): entry is [string, string] => entry[0] !== undefined) ? new Map(named) : null
}

/** Makes indexes while rows are written, which no transaction can; one that an earlier try left half made is made anew. */
async function makeIndexes(client: Client, name: string, indexes: Map<string, string>): Promise<void> {
  try {
    for (const [index, statement] of indexes) {
      const { rows } = await client.query<{ whole: boolean }>(
        'SELECT indisvalid AS whole FROM pg_index WHERE indexrelid = to_regclass($1)',
        [`"${index}"`],
      )
      if (rows[0]?.whole) continue
      if (rows[0]) await client.query(`DROP INDEX CONCURRENTLY "${index}"`)
      await client.query(statement.replace('CREATE INDEX', 'CREATE INDEX CONCURRENTLY'))
    }
  } catch (error) {
    throw new MigrationError(
      `Migration ${name} stopped at an index, and the next try goes on there: ${(error as Error).message}`,
      { cause: error },
    )
  }
}

async function apply(client: Client, { name, sql, checksum }: Migration): Promise<void> {
  const indexes = indexesOf(sql)
  if (indexes) await makeIndexes(client, name, indexes)
  await client.query('BEGIN')
  try {
    if (!indexes) await client.query(sql)
    await client.query(
      `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    )
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw new MigrationError(`Migration ${name} failed and nothing of it was kept: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

/** Takes the lock until the connection ends. @throws MigrationError when another process holds it for too long */
async function lock(client: Client, waitMs: number): Promise<void> {
  await client.query(`SET lock_timeout = ${waitMs}`)
  const end = performance.now() + waitMs
  // asked for again and again: whoever waits in Postgres has a snapshot, for whose end CREATE INDEX CONCURRENTLY waits
  const ask = () => client.query<{ got: boolean }>('SELECT pg_try_advisory_lock($1) AS got', [advisoryLock])
  while (!(await ask()).rows[0]!.got) {
    if (performance.now() > end)
      throw new MigrationError(
        'Another process has held the lock of the migrations for too long: end it, and do not pool transactions (docs/install.md).',
      )
    await sleep(100)
  }
}

/**
 * Brings a database to this version: creates it when missing and applies what is new, each migration in a transaction, but
 * one that only makes indexes while rows are written. Any number of processes may call it at once. Its records are those of
 * the Prisma command line.
 *
 * @param folder - the migrations, default the repository's
 * @param waitMs - how long another process may hold the lock, default a minute
 * @returns names of the migrations that this call applied
 * @throws MigrationError
 */
export async function migrate(
  url: string,
  { folder = migrationsFolder, waitMs = 60_000 }: { folder?: string; waitMs?: number } = {},
): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(folder)
  await createDatabase(url)
  const client = new Client({ connectionString: url, connectionTimeoutMillis, keepAlive: true })
  await client.connect()
  try {
    await setUtc(client)
    await lock(client, waitMs)
    await client.query(createTable)
    const { rows } = await client.query<Row>(
      'SELECT migration_name, checksum, finished_at FROM "_prisma_migrations" WHERE rolled_back_at IS NULL',
    )
    const todo = pending(migrations, rows)
    for (const migration of todo) await apply(client, migration)
    return { applied: todo.map(({ name }) => name) }
  } finally {
    await client.end()
  }
}
