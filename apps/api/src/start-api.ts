import {
  createLogger,
  Disposer,
  ownerLimitsOf,
  processMetrics,
  storeMetrics,
  untilOpen,
  type ApiSettings,
  type Registry,
} from '@atelier/service'
import { isDatabaseOutage, openDatabase } from '@atelier/database'
import { openObjectStore, watchStore } from '@atelier/objects'
import { openProgressFeed, openQueue } from '@atelier/queue'
import { buildApi } from './build-api.js'
import { readModels } from './model-catalog.js'
import { WaitingRoom } from './waiting-room.js'

/** A running API. */
export interface RunningApi {
  /** Where it listens, such as `http://127.0.0.1:8080`. */
  url: string
  /** Stops accepting, ends streams and sockets, lets requests finish, closes what it opened. */
  close(): Promise<void>
}

/** How an API starts. */
interface StartOptions {
  /** Aborting ends the waiting for a database that is away. */
  signal?: AbortSignal
  /** Called each time before the database is opened, such as to migrate it. */
  prepare?(): Promise<unknown>
  /** Where metrics are kept; default: one of its own. */
  registry?: Registry
}

/**
 * Opens everything the API needs and listens. A database that is away is waited for; meanwhile the API is alive, but not
 * ready. A queue or an object store that is away is shown by `/health/ready`, and used as soon as it answers.
 *
 * @throws when a manifest is damaged, the database is not migrated, or the port is taken; the signal's reason
 */
export async function startApi(
  settings: ApiSettings,
  { signal, prepare, registry = processMetrics() }: StartOptions = {},
): Promise<RunningApi> {
  const disposer = new Disposer()
  const logger = createLogger('api', settings.logLevel)
  const { host, port, basePath } = settings
  const room = new WaitingRoom({ host, port, basePath })
  try {
    const { ownerLimits = ownerLimitsOf() } = settings
    const models = await readModels(settings.models.directory, settings.models.defaultModel)
    const open = async () => {
      await prepare?.()
      return openDatabase({ url: settings.databaseUrl, ownerLimits })
    }
    const onAway = async (error: unknown) => {
      logger.warn({ reason: (error as Error).message }, 'the database does not answer: waiting for it')
      await room.open()
    }
    const database = await disposer.use(untilOpen(open, { isAway: isDatabaseOutage, onAway, signal }))
    const store = await disposer.use(openObjectStore(settings.objects))
    const objects = watchStore(store, storeMetrics(registry))
    const queueOptions = {
      ...settings.queue,
      patient: true,
      // an error of `pg` carries its whole client
      onError: ({ message: reason }: Error) => logger.warn({ reason }, 'the queue does not answer'),
    }
    const queue = await disposer.use(openQueue(queueOptions))
    const progress = await disposer.use(openProgressFeed(queueOptions))
    const {
      limits,
      housekeeping,
      workProcesses,
      reuseUploads,
      linkSeconds,
      corsOrigins,
      boardActions = false,
      trustProxy,
      metrics,
      openAi,
      webhookNetworks = [],
    } = settings
    const app = await buildApi({
      database,
      objects,
      queue,
      progress,
      models,
      logger,
      registry,
      settings: {
        limits,
        housekeeping,
        workProcesses,
        ownerLimits,
        reuseUploads,
        linkSeconds,
        corsOrigins,
        boardActions,
        basePath,
        trustProxy,
        webhookNetworks,
        ...(openAi && { openAi }),
        ...(metrics && { metrics }),
      },
    })
    disposer.defer(() => app.close())
    await room.close()
    await app.listen({ host, port })
    const address = app.server.address()
    const bound = typeof address === 'object' && address ? address.port : port
    return {
      url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}${basePath}`,
      close: () => disposer.close(),
    }
  } catch (error) {
    await room.close()
    await disposer.close()
    throw error
  }
}
