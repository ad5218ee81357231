import { AtelierError } from '@atelier/contracts'
import {
  createLogger,
  Disposer,
  processMetrics,
  serveMetrics,
  storeMetrics,
  untilOpen,
  version,
  type Logger,
  type Registry,
  type WorkerSettings,
} from '@atelier/service'
import { isDatabaseOutage, openDatabase } from '@atelier/database'
import { openObjectStore, watchStore } from '@atelier/objects'
import { openConsumer, type ConsumerOptions } from '@atelier/queue'
import { generationHandler } from './generation/generation-handler.js'
import { KeptPictures } from './generation/kept-pictures.js'
import { RunningGenerations } from './generation/running-generations.js'
import { InferenceClient, type InferenceOptions } from './inference/inference-client.js'
import { loadModel } from './load-model.js'
import { OperatorWishes } from './operator-wishes.js'
import { residentBytes } from './resident-bytes.js'
import { inspectModelFolders, UnusableModelError } from './model-folders.js'
import { WorkerHealth, type WorkerHealthOptions } from './worker-health.js'
import { WorkerMetrics } from './worker-metrics.js'
import { Heartbeat, WorkerStatus } from './worker-status.js'

/** Longest wait for the database's answer to a statement, in milliseconds: those of a worker are short. */
const statementMs = 8_000

/** What tests and special operators may change about a worker; an ordinary one needs none of it. */
export interface WorkerOptions {
  log?: Logger
  /** Where metrics are kept; default: one of its own. */
  registry?: Registry
  /** How long {@link RunningWorker.close} lets the running generations go on, default 12 s. */
  graceMs?: number
  queue?: Pick<ConsumerOptions, 'lockMs' | 'stalledCheckMs'>
  inference?: Pick<InferenceOptions, 'previewEveryMs' | 'silenceFloorMs' | 'openingFloorMs' | 'cancelGraceMs'>
  health?: Pick<WorkerHealthOptions, 'firstPauseMs'>
  /** How long an attempt waits for a store that is away; default a minute. */
  patienceMs?: number
}

/** A worker that takes jobs. */
export interface RunningWorker {
  readonly id: string
  /** Process id of the inference process, undefined while there is none. */
  readonly inferencePid: number | undefined
  /** Takes no new jobs, lets the running ones finish for a while, then gives them back; closes all connections. */
  close(): Promise<void>
}

/**
 * Starts a worker: checks the model folders, opens the default model, then takes jobs, as many at once as `settings.batch`
 * says. A database or a queue that is away is waited for.
 *
 * @throws UnusableModelError before anything else is touched; the database's error when it is not migrated
 */
export async function startWorker(settings: WorkerSettings, options: WorkerOptions = {}): Promise<RunningWorker> {
  const log = options.log ?? createLogger('worker', settings.logLevel)
  const { device, threads, resident, batch = 1, batchWaitMs = 0 } = settings
  const registry = options.registry ?? processMetrics()
  const metrics = new WorkerMetrics(registry)
  const onErrorLine = (line: string) => log.warn({ line }, 'the model says')
  const inference = new InferenceClient({
    device,
    threads,
    resident,
    batch,
    batchWaitMs,
    onErrorLine,
    ...options.inference,
  })
  const disposer = new Disposer()
  disposer.defer(() => inference.close())
  try {
    const folders = await inspectModelFolders(settings.models, inference)

    const away = (what: string) => (error: unknown) =>
      log.warn({ reason: (error as Error).message }, `${what} does not answer: waiting for it`)
    const open = () => openDatabase({ url: settings.databaseUrl, statementMs })
    const databaseAway = { isAway: isDatabaseOutage, onAway: away('the database') }
    const database = await disposer.use(untilOpen(open, databaseAway))
    let healthy = () => true
    // heard of when there is something to drain and to restart
    let wishes: OperatorWishes | undefined
    const status = new WorkerStatus(
      [...folders.keys()],
      () => ({
        device: inference.device,
        deviceRequested: device,
        deviceFallback: inference.deviceFallback,
      }),
      () => heartbeat.now(),
    )
    metrics.watch({ state: () => status.report().state, inferencePid: () => inference.pid })
    if (settings.metrics) {
      const { contentType } = registry
      await disposer.use(serveMetrics(settings.metrics, { contentType, metrics: () => registry.metrics() }))
    }
    // A worker that is cut off from the queue falls silent, so that nobody counts on it.
    const heartbeat = new Heartbeat(
      async () => {
        if (!healthy()) return
        const ofModel = inference.pid === undefined ? 0 : await residentBytes(inference.pid)
        const memoryBytes = ofModel === undefined ? null : process.memoryUsage.rss() + ofModel
        const { restarted } = wishes ?? { restarted: 0 }
        const wanted = await database.work.report({
          ...status.report(),
          batchSize: batch,
          version,
          memoryBytes,
          restarted,
        })
        wishes?.hear(wanted)
      },
      (error) => log.warn(error, 'the worker could not report itself'),
    )
    disposer.defer(async () => {
      await heartbeat.stop()
      await database.work.forget(status.id).catch((error: unknown) => log.warn(error, 'the worker could not sign off'))
    })
    heartbeat.now()
    const { defaultModel } = settings.models
    await UnusableModelError.instead(loadModel(folders.get(defaultModel)!, defaultModel, { inference, status, log }))

    const store = await disposer.use(openObjectStore(settings.objects))
    const objects = watchStore(store, storeMetrics(registry))
    const wakeups = await disposer.use(untilOpen(() => database.listen(), databaseAway))
    const running = new RunningGenerations(wakeups)
    const takeOrLeave = () => {
      if (status.takesWork) consumer.resume()
      else consumer.pause()
    }
    const health = new WorkerHealth({
      onChange: (reason) => {
        status.unhealthy(reason)
        takeOrLeave()
      },
      log,
      ...options.health,
    })
    const handler = generationHandler({
      work: database.work,
      objects,
      inference,
      running,
      status,
      health,
      kept: new KeptPictures(Math.max(4, batch)),
      metrics,
      patienceMs: options.patienceMs,
      folders,
      runningPerOwner: settings.runningPerOwner,
      log,
    })
    // an error of `pg` carries its whole client
    const onError = ({ message: reason }: Error) => log.warn({ reason }, 'the queue does not answer')
    // it cannot do anything without the queue: silent like one that is cut off
    healthy = () => false
    const consume = () => openConsumer({ ...settings.queue, ...options.queue, concurrency: batch, onError }, handler)
    const isAway = (error: unknown) => error instanceof AtelierError && error.code === 'unavailable'
    const consumer = await untilOpen(consume, { isAway, onAway: away('the queue') })
    disposer.defer(async () => {
      status.close()
      health.close()
      await consumer.close({ graceMs: options.graceMs ?? 12_000 })
    })
    healthy = () => status.closing || consumer.healthy
    wishes = new OperatorWishes({
      status,
      onDrain: takeOrLeave,
      restart: async () => {
        await inference.renew()
        await loadModel(folders.get(defaultModel)!, defaultModel, { inference, status, log })
      },
      log,
    })
    heartbeat.now()
    log.info({ workerId: status.id, device: inference.device, models: status.models }, 'worker ready')
    return {
      id: status.id,
      get inferencePid() {
        return inference.pid
      },
      close: () => disposer.close(),
    }
  } catch (error) {
    await disposer.close()
    throw error
  }
}
