import { startApi } from '@atelier/api'
import {
  Disposer,
  housekeepingOf,
  limitsOf,
  metricsOf,
  openAiOf,
  ownerLimitsOf,
  processMetrics,
  withTimeout,
  type ApiSettings,
  type Environment,
  type WorkerSettings,
} from '@atelier/service'
import { migrate, openDatabase } from '@atelier/database'
import { PostgresServer, PostgresServerError } from '@atelier/embedded-postgres'
import { startWorker } from '@atelier/worker'
import { DataFolder } from './data-folder.js'
import { checkPort } from './check-port.js'
import { firstSignIn } from './first-sign-in.js'
import { StartError } from './start-error.js'

/** How long worker and API may take to close, in milliseconds. */
const closeMs = 16_000

/** A running embedded stack. */
export interface Standalone {
  /** Address of API and page. */
  url: string
  /** The first admin key. */
  token: string
  /** Signs a browser in as the owner of the first key, once, within an hour. */
  signInUrl: string
  /** File that holds the key. */
  keyFile: string
  /** Name of the default model. */
  model: string
  /** Ends worker and API, then the database; the data stays. */
  close(): Promise<void>
}

/**
 * Starts the embedded stack: data folder, Postgres, migrations, first key, API with the page, one worker.
 *
 * @param env - only `HOST`, `PORT`, `ATELIER_DATA`, the models, limits and log level matter here
 * @param log - gets one line a stage
 * @throws StartError when a person has to mend something first
 */
export async function startStandalone(env: Environment, log: (line: string) => void): Promise<Standalone> {
  const data = new DataFolder(env.ATELIER_DATA)
  const disposer = new Disposer()
  disposer.defer(data.open())
  try {
    await checkPort(env.HOST, env.PORT)
    log('Starting the database …')
    const postgres = await PostgresServer.start({ directory: data.postgres })
    disposer.defer(() => postgres.stop())
    const databaseUrl = postgres.url('atelier')
    await migrate(databaseUrl)
    const database = await openDatabase({ url: databaseUrl })
    const signIn = await firstSignIn(database, data).finally(() => database.close())

    const shared = {
      databaseUrl,
      queue: { url: databaseUrl, name: env.QUEUE_NAME },
      objects: { kind: 'folder' as const, directory: data.objects, signingSecret: data.secret('signing-secret') },
      models: { directory: env.MODELS_DIRECTORY, defaultModel: env.DEFAULT_MODEL },
      logLevel: env.LOG_LEVEL,
    }
    const apiSettings: ApiSettings = {
      ...shared,
      host: env.HOST,
      port: env.PORT,
      limits: limitsOf(env),
      ownerLimits: ownerLimitsOf(env),
      housekeeping: housekeepingOf(env),
      reuseUploads: env.REUSE_UPLOADS,
      workProcesses: env.WORK_PROCESSES,
      linkSeconds: env.LINK_SECONDS,
      corsOrigins: env.CORS_ORIGINS,
      boardActions: env.BOARD_ACTIONS,
      openAi: openAiOf(env),
      basePath: env.BASE_PATH,
      trustProxy: env.TRUST_PROXY,
      webhookNetworks: env.WEBHOOK_NETWORKS,
      ...metricsOf(env),
    }
    const workerSettings: WorkerSettings = {
      ...shared,
      device: env.DEVICE,
      resident: env.RESIDENT,
      threads: env.THREADS,
      batch: env.BATCH_SIZE,
      batchWaitMs: env.BATCH_WAIT_MS,
      runningPerOwner: env.MAX_RUNNING_PER_OWNER,
    }

    log('Starting the API and loading the model …')
    // one process, so one page of metrics; the names of both parts differ
    const registry = processMetrics()
    // The worker's reason goes first: it says which file of a model is missing or damaged.
    const [worker, api] = await Promise.allSettled([
      startWorker(workerSettings, { registry }),
      startApi(apiSettings, { registry }),
    ])
    // at once, and not for ever: the database, which stops last, runs on by itself otherwise
    disposer.defer(() =>
      withTimeout(
        closeMs,
        Promise.all([worker, api].map((part) => part.status === 'fulfilled' && part.value.close())),
      ).catch((error: unknown) => console.error(error)),
    )
    if (worker.status === 'rejected') throw worker.reason
    if (api.status === 'rejected') throw api.reason
    const { url } = api.value
    return {
      url,
      token: signIn.token,
      signInUrl: `${url}/#sign-in=${signIn.secret}`,
      keyFile: data.keyFile,
      model: env.DEFAULT_MODEL,
      close: () => disposer.close(),
    }
  } catch (error) {
    await disposer.close()
    throw error instanceof PostgresServerError ? new StartError(error.message, { cause: error }) : error
  }
}
