import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Queries } from '../prisma/create-client.js'

/** The database and the migrations of this version do not fit together; the message says what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
}

/** A migration of the repository. `checksum`: SHA-256 of its SQL, hexadecimal, as the Prisma command line stores it. */
export interface Migration {
  name: string
  sql: string
  checksum: string
}

/** Folder of the migrations of this repository. */
export const migrationsFolder = fileURLToPath(new URL('../../../../../prisma/migrations/', import.meta.url))

/** All migrations, oldest first. */
export async function readMigrations(folder = migrationsFolder): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(`${folder}/${name}/migration.sql`, 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

/** @throws MigrationError when the database lacks a migration of this version */
export async function checkMigrated(client: Queries): Promise<void> {
  const migrations = await readMigrations()
  const [{ exists }] = await client.$queryRaw<
    [{ exists: boolean }]
  >`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS exists`
  const applied = exists
    ? await client.$queryRaw<{ name: string }[]>`
      SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`
    : []
  const missing = migrations.find(({ name }) => !applied.some((row) => row.name === name))
  if (missing)
    throw new MigrationError(`The database lacks migration ${missing.name}: apply the migrations before the start.`)
}
