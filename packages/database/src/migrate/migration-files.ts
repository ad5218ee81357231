import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

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
