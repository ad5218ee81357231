import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApi, type RunningApi } from '@atelier/api'
import { migrate, openDatabase, type OwnerRepositories } from '@atelier/database'
import { housekeepingOf, limitsOf, openAiOf, ownerLimitsOf, readEnvironment } from '@atelier/service'
import { eventually, freePort, runSql, startTestPostgres } from '@atelier/testing'
import { startWorker } from '@atelier/worker'
import { root } from '../start-stack.js'

/** API and worker on the tiny model, for clients of the OpenAI door. */
export interface DoorStack {
  /** Of the server. */
  url: string
  /** What clients are given as their base address. */
  baseURL: string
  token: string
  /** A key of somebody else. */
  strangerToken: string
  owner: OwnerRepositories
  databaseUrl: string
  sql<R extends object>(text: string, values?: unknown[]): Promise<R[]>
  /** Statuses of all generations, oldest first. */
  statuses(): Promise<string[]>
  /** Stops the model wherever it is, until the returned function is called. */
  holdModel(): Promise<() => void>
  /** Ends the API and starts it again at the same address. */
  restartApi(): Promise<void>
  close(): Promise<void>
}

/** How a {@link DoorStack} differs from the usual one. */
export interface DoorStackOptions {
  openAi?: object
  environment?: Record<string, string>
  /** Steps without a word of it; many make generations that last. */
  steps?: number
  /** Default true. */
  worker?: boolean
  /** Whose pages may call it. */
  corsOrigins?: string[]
}

/** Starts one. The tiny model draws up to 512×512 there. */
export async function startDoorStack({
  openAi = {},
  environment = {},
  steps = 4,
  worker: withWorker = true,
  corsOrigins = ['http://friend.example'],
}: DoorStackOptions = {}): Promise<DoorStack> {
  const directory = await mkdtemp(join(tmpdir(), 'atelier door '))
  const model = join(directory, 'models', 'tiny')
  await cp(join(root, 'packages/ace/test/fixtures/tiny-model'), model, { recursive: true })
  const manifest = JSON.parse(await readFile(join(model, 'manifest.json'), 'utf8')) as any
  Object.assign(manifest.limits, { maxFrameTokens: 1024, maxSteps: 1000 })
  manifest.defaults.steps = steps
  await writeFile(join(model, 'manifest.json'), JSON.stringify(manifest))
  const postgres = await startTestPostgres()
  await migrate(postgres.url)
  const database = await openDatabase({ url: postgres.url })
  const key = (name: string) => database.admin.createKey({ name, scopes: ['user'] })
  const [{ token, ownerId }, { token: strangerToken }] = [await key('Anna'), await key('Ben')]
  const shared = {
    databaseUrl: postgres.url,
    queue: { url: postgres.url, name: 'generations' },
    objects: { kind: 'folder' as const, directory: join(directory, 'objects'), signingSecret: 's'.repeat(32) },
    models: { directory: join(directory, 'models'), defaultModel: 'tiny' },
    logLevel: 'silent' as const,
  }
  const env = readEnvironment({ RATE_LIMIT_PER_MINUTE: '0', WORK_PROCESSES: '1', ...environment })
  const door = { ...openAiOf(env), ...openAi }
  const open = (port: number): Promise<RunningApi> =>
    startApi({
      ...shared,
      host: '127.0.0.1',
      port,
      limits: limitsOf(env),
      housekeeping: housekeepingOf(env),
      workProcesses: env.WORK_PROCESSES,
      ownerLimits: ownerLimitsOf(env),
      reuseUploads: true,
      linkSeconds: 900,
      corsOrigins,
      openAi: door,
      basePath: '',
      trustProxy: [],
    })
  // one that no outgoing connection takes while the API restarts
  let api = await open(await freePort())
  const worker = withWorker
    ? await startWorker(
        { ...shared, device: 'cpu', threads: 1, resident: ['text-encoder', 'denoiser', 'vae-encoder', 'vae-decoder'] },
        // a model that is held is not one that hangs
        { inference: { previewEveryMs: 0, silenceFloorMs: 600_000 } },
      )
    : undefined
  const { url } = api
  return {
    url,
    baseURL: `${url}/openai/v1`,
    token,
    strangerToken,
    owner: database.forOwner(ownerId),
    databaseUrl: postgres.url,
    sql: (text, values) => runSql(postgres.url, text, values),
    statuses: async () => {
      const rows = await runSql<{ status: string }>(
        postgres.url,
        'SELECT status FROM generations ORDER BY created_at, id',
      )
      return rows.map(({ status }) => status)
    },
    holdModel: async () => {
      const pid = await eventually('there is a model', () => worker?.inferencePid)
      process.kill(pid, 'SIGSTOP')
      return () => {
        // its process may have been ended meanwhile
        if (worker?.inferencePid === pid) process.kill(pid, 'SIGCONT')
      }
    },
    restartApi: async () => {
      await api.close()
      api = await eventually('the port is free', () => open(Number(new URL(url).port)).catch(() => undefined))
    },
    close: async () => {
      await worker?.close()
      await api.close()
      await database.close()
      await postgres.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
