import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Disposer } from '@atelier/service'
import { migrate, openDatabase } from '@atelier/database'
import { freePort } from '@atelier/embedded-postgres'
import { openQueue, type GenerationQueue } from '@atelier/queue'
import { contentTypeOf } from '@atelier/objects'
import { eventually } from '@atelier/testing/eventually'
import type { FetchedProgram } from '@atelier/testing/redis-server'
import type { Random } from '../random.js'
import type { Backup } from './backup.js'
import { FaultProxy } from './fault-proxy.js'
import { Links } from './links.js'
import { ManagedProcess } from './managed-process.js'
import { copyModel, modelName } from './model.js'
import { PostgresPart } from './postgres.js'
import { RedisPart } from './redis.js'
import { openStore, type StorePart } from './store.js'

/** What a stack is made of. */
export interface StackOptions {
  backend: 'redis' | 'postgres'
  store: 's3' | 'folder'
  /** How to start a Redis server; needed for that backend. */
  redisServer?: FetchedProgram
  /** Processes of each kind, default 2 and 3. */
  apis?: number
  workers?: number
  /** Begins with this data instead of none. */
  backup?: Backup
  /** Environment of all processes on top of the usual one. */
  env?: Record<string, string>
  /** Environment of single processes, by name, such as `worker-1`. */
  envs?: Record<string, Record<string, string>>
}

/** The product as processes of their own, with every service it needs, each connection through a proxy. */
export interface Stack {
  /** Everything it writes; removed by {@link close} unless `keep` is set. */
  folder: string
  /** Folder of the temporary files of all processes. */
  temporary: string
  options: StackOptions
  postgres: PostgresPart
  /** Undefined with the queue in Postgres. */
  redis?: RedisPart
  store: StorePart
  links: Links
  queue: GenerationQueue
  apis: ManagedProcess[]
  workers: ManagedProcess[]
  /** Proxies between clients and each API. */
  fronts: FaultProxy[]
  /** Addresses of the APIs: through those proxies, and past them. */
  urls: string[]
  ownUrls: string[]
  /** Folder of the model that a process uses. */
  modelOf(process: ManagedProcess): string
  /** An admin key. */
  adminToken: string
  /** Makes an owner with a key. */
  newOwner(name: string): Promise<{ ownerId: string; token: string }>
  /** Waits until every API is ready and as many workers as there are have reported themselves. */
  ready(withinMs?: number): Promise<void>
  /** Mends all lines. */
  mend(): void
  close(options?: { keep?: boolean }): Promise<void>
}

const scripts = { api: 'apps/api/dist/src/server.js', worker: 'apps/worker/dist/src/server.js' }

/** How long processes may take until they are ready, in milliseconds: on a machine that is busy with other things. */
const startMs = 240_000

/** Starts of a process while it is waited for; a fault that comes meanwhile takes one or two. */
const mostStarts = 5

/** Limits off: the suite is one caller with a great many requests. */
const common = {
  HOST: '127.0.0.1',
  RATE_LIMIT_PER_MINUTE: '0',
  ANONYMOUS_LIMIT_PER_MINUTE: '0',
  FAILED_SIGN_INS_PER_MINUTE: '0',
  MAX_WAITING_PER_OWNER: '100000',
  DEFAULT_MODEL: modelName,
  DEVICE: 'cpu',
  THREADS: '1',
  WORK_PROCESSES: '1',
  LOG_LEVEL: 'info',
}

/** Address of a Postgres through a proxy. */
function through(url: string, port: number | undefined): string {
  const changed = new URL(url)
  changed.port = String(port)
  return changed.href
}

const open = new Set<(options?: { keep?: boolean }) => Promise<void>>()

/** Closes all stacks that this process has started, however far they are. @param options - `keep`: leave their folders */
export async function closeAllStacks(options?: { keep?: boolean }): Promise<void> {
  await Promise.allSettled([...open].map((close) => close(options)))
}

/** Starts everything and waits until it is ready. @param random - for answers that proxies lose */
export async function startStack(options: StackOptions, random: Random): Promise<Stack> {
  const { backend, apis: apiCount = 2, workers: workerCount = 3 } = options
  const folder = mkdtempSync(join(tmpdir(), 'atelier-faults-'))
  const disposer = new Disposer()
  let keep = false
  const close: Stack['close'] = async (closing = {}) => {
    keep ||= closing.keep ?? false
    await disposer.close()
  }
  open.add(close)
  disposer.defer(() => open.delete(close))
  disposer.defer(() => keep || rmSync(folder, { recursive: true, force: true }))
  try {
    mkdirSync(join(folder, 'logs'))
    const temporary = join(folder, 'temporary')
    mkdirSync(temporary)
    if (options.backup) cpSync(options.backup.postgres, join(folder, 'postgres'), { recursive: true })
    const postgres = await disposer.use(PostgresPart.open(join(folder, 'postgres')))
    await migrate(postgres.url)
    const redis = backend === 'redis' ? await RedisPart.open(options.redisServer!, join(folder, 'redis')) : undefined
    if (redis) disposer.defer(() => redis.kill())
    const store = await disposer.use(openStore(options.store, join(folder, 'objects'), random.fork('store')))
    for (const [key, bytes] of options.backup?.objects ?? [])
      await store.objects.put(key, bytes, { contentType: contentTypeOf(key) })
    const links = new Links(
      { postgres: postgres.port, queue: redis?.port ?? postgres.port, ...(store.port && { store: store.port }) },
      random,
    )
    disposer.defer(() => links.close())
    const queueUrl = redis ? `redis://127.0.0.1:${redis.port}` : postgres.url
    const queue = await disposer.use(openQueue({ url: queueUrl, patient: true, onError: () => {} }))
    const database = await openDatabase({ url: postgres.url })
    const newOwner: Stack['newOwner'] = (name) => database.admin.createKey({ name, scopes: ['user'] })
    const { token: adminToken } = await database.admin.createKey({ name: 'operator', scopes: ['user', 'admin'] })
    disposer.defer(() => database.close())

    // each process has a model of its own, so that one can be damaged
    const modelsOf = (name: string) => join(folder, 'models', name)
    const make = async (kind: 'api' | 'worker', index: number, extra: Record<string, string>) => {
      const name = `${kind}-${index + 1}`
      const ports = await links.open(name)
      copyModel(modelsOf(name))
      const env = {
        ...common,
        ...store.env(ports.store),
        DATABASE_URL: through(postgres.url, ports.postgres),
        QUEUE_URL: through(queueUrl, ports.queue),
        MODELS_DIRECTORY: modelsOf(name),
        TMPDIR: temporary,
        ...extra,
        ...options.env,
        ...options.envs?.[name],
      }
      return new ManagedProcess({ name, script: scripts[kind], env, logFile: join(folder, 'logs', `${name}.log`) })
    }
    const ports = await Promise.all(Array.from({ length: apiCount }, () => freePort()))
    const apis: ManagedProcess[] = []
    for (const [index, port] of ports.entries()) apis.push(await make('api', index, { PORT: String(port) }))
    const workers: ManagedProcess[] = []
    for (let index = 0; index < workerCount; index++) workers.push(await make('worker', index, {}))
    const ownUrls = ports.map((port) => `http://127.0.0.1:${port}`)
    const fronts: FaultProxy[] = []
    for (const port of ports) fronts.push(await disposer.use(FaultProxy.open(port, random.fork(`clients ${port}`))))
    const urls = fronts.map(({ port }) => `http://127.0.0.1:${port}`)
    const all = [...apis, ...workers]
    const mend = () => {
      links.mend()
      for (const front of fronts) front.set({})
    }
    disposer.defer(async () => {
      mend()
      await Promise.all(all.map((process) => process.stop()))
    })
    for (const process of all) process.start()

    const ready = async (withinMs = startMs) => {
      const before = new Map(all.map((process) => [process, process.starts]))
      // one that ends as soon as it starts would be waited for in vain
      const startsOver = () => all.find((process) => process.starts - before.get(process)! > mostStarts)
      const until = (what: string, look: () => Promise<boolean>) =>
        eventually(
          what,
          async () => {
            const broken = startsOver()
            if (broken) throw new Error(`${broken.name} ends as soon as it is started; its log is in ${folder}/logs.`)
            return look()
          },
          withinMs,
        )
      for (const url of ownUrls)
        await until(`${url} is ready`, async () => (await answers(`${url}/health/ready`)) === 'ok')
      await until('every worker has reported itself', async () => {
        const live = await liveWorkers(postgres)
        return workers.every(({ pid }) => pid !== undefined && live.has(pid))
      })
    }
    await ready()
    return {
      folder,
      temporary,
      options,
      postgres,
      store,
      links,
      queue,
      apis,
      workers,
      fronts,
      urls,
      ownUrls,
      adminToken,
      newOwner,
      ready,
      mend,
      modelOf: ({ name }) => join(modelsOf(name), modelName),
      ...(redis && { redis }),
      close,
    }
  } catch (error) {
    await close({ keep: true })
    throw new Error(`The stack did not start; its logs are in ${folder}.`, { cause: error })
  }
}

async function answers(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(3_000) })
    return ((await response.json()) as { status?: string }).status
  } catch {
    return undefined
  }
}

/** Process ids of the workers that take work. */
async function liveWorkers(postgres: PostgresPart): Promise<Set<number>> {
  const rows = await postgres.query<{ pid: number }>(
    `SELECT pid FROM workers WHERE last_seen_at > now() - interval '15 s' AND state IN ('ready', 'busy')`,
  )
  return new Set(rows.map(({ pid }) => pid))
}
