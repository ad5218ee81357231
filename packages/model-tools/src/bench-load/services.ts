import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { migrate, openDatabase, type Database } from '@atelier/database'
import { freePort, PostgresServer } from '@atelier/embedded-postgres'
import { childEnvironment, Disposer } from '@atelier/service'
import { root } from '../repository.js'

/** One of each, as in production, and no worker. */
export interface Services {
  /** Address of the API. */
  url: string
  queueUrl: string
  database: Database
  pids: { api: number; postgres: number; redis?: number }
  /** Waits until the API has done what it had to do and has thrown its garbage away. */
  settle(): Promise<void>
  close(): Promise<void>
}

/** Limits of one caller or owner off: the whole is measured. */
const unlimited = {
  RATE_LIMIT_PER_MINUTE: '0',
  ANONYMOUS_LIMIT_PER_MINUTE: '0',
  FAILED_SIGN_INS_PER_MINUTE: '0',
  MAX_WAITING_PER_OWNER: '1000000',
}

/** Lets `settle` ask a process of Node for a collection of its garbage. */
const collectsOnSignal = ['--expose-gc', '--import', "data:text/javascript,process.on('SIGUSR2', () => gc())"]

/** Longest that a service may take to start, in milliseconds. */
const startMs = 60_000

/** Pause before and after a collection of garbage, in milliseconds. */
const settleMs = 1_000

/**
 * Starts Postgres, Redis and one API as processes of their own.
 *
 * @param folder - gets their data and logs
 * @param queue - where the queue lives; Redis must be on the PATH
 * @throws Error when one does not start
 */
export async function startServices(folder: string, queue: 'redis' | 'postgres'): Promise<Services> {
  const disposer = new Disposer()
  try {
    const postgres = await PostgresServer.start({ directory: join(folder, 'postgres') })
    disposer.defer(() => postgres.stop())
    const databaseUrl = postgres.url('atelier')
    await migrate(databaseUrl)
    const database = await openDatabase({ url: databaseUrl })
    disposer.defer(() => database.close())

    const redisPort = await freePort()
    const redis = queue === 'redis' ? startRedis(join(folder, 'redis'), redisPort) : undefined
    if (redis) disposer.defer(() => end(redis))
    const queueUrl = redis ? `redis://127.0.0.1:${redisPort}` : databaseUrl

    const port = await freePort()
    const server = join(root, 'apps/api/dist/src/server.js')
    const api = launch(process.execPath, [...collectsOnSignal, server], join(folder, 'api.log'), {
      ...unlimited,
      NODE_OPTIONS: '',
      HOST: '127.0.0.1',
      PORT: String(port),
      DATABASE_URL: databaseUrl,
      QUEUE_URL: queueUrl,
      OBJECTS_DIRECTORY: join(folder, 'objects'),
      URL_SIGNING_SECRET: 'of a measurement that is thrown away',
      MODELS_DIRECTORY: join(root, 'models'),
      LOG_LEVEL: 'warn',
    })
    disposer.defer(() => end(api))
    const url = `http://127.0.0.1:${port}`
    await ready(url, [api, ...(redis ? [redis] : [])], folder)
    const pids = { api: api.pid!, postgres: postgres.pid, ...(redis && { redis: redis.pid! }) }
    const settle = async () => {
      await sleep(settleMs)
      api.kill('SIGUSR2')
      await sleep(settleMs)
    }
    return { url, queueUrl, database, pids, settle, close: () => disposer.close() }
  } catch (error) {
    await disposer.close()
    throw error
  }
}

/** A Redis that keeps what it is told, as docs/install.md asks for. */
function startRedis(directory: string, port: number): ChildProcess {
  mkdirSync(directory, { recursive: true })
  const settings = { bind: '127.0.0.1', dir: directory, save: '', appendonly: 'yes', 'maxmemory-policy': 'noeviction' }
  const args = Object.entries({ port: String(port), ...settings }).flatMap(([name, value]) => [`--${name}`, value])
  return launch('redis-server', args, join(directory, 'log'))
}

function launch(program: string, args: string[], logFile: string, env: Record<string, string> = {}): ChildProcess {
  const log = openSync(logFile, 'a')
  const child = spawn(program, args, { cwd: root, env: childEnvironment(env), stdio: ['ignore', log, log] })
  closeSync(log)
  // a program that is missing is told by `ready`
  child.on('error', () => {})
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

async function ready(url: string, processes: readonly ChildProcess[], folder: string): Promise<void> {
  for (const until = Date.now() + startMs; Date.now() < until; await sleep(100)) {
    const ended = processes.find(({ pid, exitCode }) => pid === undefined || exitCode !== null)
    if (ended?.pid === undefined && ended)
      throw new Error(`${ended.spawnfile} is not on the PATH (--queue postgres needs none)`)
    if (ended) throw new Error(`${ended.spawnfile} ended with ${ended.exitCode}; its log is in ${folder}`)
    try {
      const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(3_000) })
      if (((await response.json()) as { status?: string }).status === 'ok') return
    } catch {
      // not yet
    }
  }
  throw new Error(`the API was not ready within ${startMs / 1000} s; its log is in ${folder}`)
}
