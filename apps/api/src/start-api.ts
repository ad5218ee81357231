import { createLogger, Disposer, ownerLimitsOf, type ApiSettings } from '@atelier/service'
import { openDatabase } from '@atelier/database'
import { openObjectStore } from '@atelier/objects'
import { openProgressFeed, openQueue } from '@atelier/queue'
import { buildApi } from './build-api.js'
import { readModels } from './model-catalog.js'

/** A running API. */
export interface RunningApi {
  /** Where it listens, such as `http://127.0.0.1:8080`. */
  url: string
  /** Stops accepting, ends streams and sockets, lets requests finish, closes what it opened. */
  close(): Promise<void>
}

/**
 * Opens everything the API needs and listens.
 *
 * @throws when a part does not answer, a manifest is damaged, the database is not migrated, or the port is taken
 */
export async function startApi(settings: ApiSettings): Promise<RunningApi> {
  const disposer = new Disposer()
  try {
    const { ownerLimits = ownerLimitsOf() } = settings
    const models = await readModels(settings.models.directory, settings.models.defaultModel)
    const database = await disposer.use(openDatabase({ url: settings.databaseUrl, ownerLimits }))
    const objects = await disposer.use(openObjectStore(settings.objects))
    const logger = createLogger('api', settings.logLevel)
    const queueOptions = {
      ...settings.queue,
      onError: (error: Error) => logger.warn(error, 'the queue does not answer'),
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
      basePath,
      trustProxy,
      metrics,
    } = settings
    const app = await buildApi({
      database,
      objects,
      queue,
      progress,
      models,
      logger,
      settings: {
        limits,
        housekeeping,
        workProcesses,
        ownerLimits,
        reuseUploads,
        linkSeconds,
        corsOrigins,
        basePath,
        trustProxy,
        ...(metrics && { metrics }),
      },
    })
    disposer.defer(() => app.close())
    await app.listen({ host: settings.host, port: settings.port })
    const address = app.server.address()
    const port = typeof address === 'object' && address ? address.port : settings.port
    const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host
    return { url: `http://${host}:${port}${settings.basePath}`, close: () => disposer.close() }
  } catch (error) {
    await disposer.close()
    throw error
  }
}
