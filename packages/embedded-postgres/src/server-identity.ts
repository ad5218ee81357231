import { spawnSync } from 'node:child_process'
import { chown, cp, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { PostgresBinaries } from './postgres-binaries.js'
import { PostgresServerError } from './postgres-server-error.js'

/** As whom Postgres runs: it refuses to run as root. */
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
 * Decides as whom Postgres runs: as ourselves; for root in a user namespace, else as the user `postgres` or `nobody`.
 * Data that belongs to somebody stays with them.
 *
 * @param directory - folder of the server, exists
 */
export async function chooseIdentity(
  binaries: PostgresBinaries,
  directory: string,
  mode: RootMode,
): Promise<ServerIdentity> {
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
