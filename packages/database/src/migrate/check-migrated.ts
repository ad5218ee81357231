import type { Queries } from '../prisma/create-client.js'
import { MigrationError } from './migration-error.js'
import { readMigrations } from './migration-files.js'

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
