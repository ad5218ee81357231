import type { WorkerSettings } from '@atelier/config'
import { openDatabase } from '@atelier/database'
import { openObjectStore } from '@atelier/objects'
import { openConsumer, type ConsumerOptions } from '@atelier/queue'
import type { Logger } from 'pino'
import { generationHandler } from './generation/generation-handler.js'
import { RunningGenerations } from './generation/running-generations.js'
import { Heartbeat } from './heartbeat.js'
import { InferenceClient, type InferenceOptions } from './inference/inference-client.js'
import { inspectModelFolders } from './inspect-model-folders.js'
import { loadModel } from './load-model.js'
import { createLogger } from './logger.js'
import { UnusableModelError } from './unusable-model-error.js'
import { WorkerStatus } from './worker-status.js'

/** What tests and special operators may change about a worker; an ordinary one needs none of it. */
export interface WorkerOptions {
  log?: Logger
  /** How long {@link RunningWorker.close} lets the running generation go on, default 20 s. */
  graceMs?: number
  queue?: Pick<ConsumerOptions, 'lockMs' | 'stalledCheckMs'>
  inference?: Pick<InferenceOptions, 'previewEveryMs' | 'silenceFloorMs' | 'cancelGraceMs'>
}

/** A worker that takes jobs. */
export interface RunningWorker {
  readonly id: string
  /** Process id of the inference process, undefined while there is none. */
  readonly inferencePid: number | undefined
  /** Takes no new jobs, lets the running one finish for a while, then gives it back; closes all connections. */
  close(): Promise<void>
}

/**
 * Starts a worker: checks the model folders, opens the default model, then takes jobs one at a time.
 *
 * @throws UnusableModelError before anything else is touched; the database's, the store's or the queue's error when it
 *   does not answer
 */
export async function startWorker(settings: WorkerSettings, options: WorkerOptions = {}): Promise<RunningWorker> {
  const log = options.log ?? createLogger(settings.logLevel)
  const { device, threads, resident } = settings
  const onErrorLine = (line: string) => log.warn({ line }, 'the model says')
  const inference = new InferenceClient({ device, threads, resident, onErrorLine, ...options.inference })
  const undo: (() => Promise<void>)[] = [() => inference.close()]
  const closeAll = async () => { for (const close of undo.reverse()) await close() }
  try {
    const folders = await inspectModelFolders(settings.models, inference)

    const database = await openDatabase({ url: settings.databaseUrl })
    undo.push(() => database.close())
    let healthy = () => true
    const status = new WorkerStatus([...folders.keys()], () => ({
      device: inference.device, deviceRequested: device, deviceFallback: inference.deviceFallback,
    }), () => heartbeat.now())
    // A worker that is cut off from the queue falls silent, so that nobody counts on it.
    const heartbeat = new Heartbeat(async () => { if (healthy()) await database.work.report(status.report()) },
      (error) => log.warn(error, 'the worker could not report itself'))
    undo.push(async () => {
      await heartbeat.stop()
      await database.work.forget(status.id).catch((error: unknown) => log.warn(error, 'the worker could not sign off'))
    })
    heartbeat.now()
    const { defaultModel } = settings.models
    await UnusableModelError.instead(loadModel(folders.get(defaultModel)!, defaultModel, { inference, status, log }))

    const objects = await openObjectStore(settings.objects)
    undo.push(() => objects.close())
    const wakeups = await database.listen()
    undo.push(() => wakeups.close())
    const running = new RunningGenerations(wakeups)
    const handler = generationHandler({ work: database.work, objects, inference, running, status, folders, log })
    const onError = (error: Error) => log.warn(error, 'the queue does not answer')
    const consumer = await openConsumer({ ...settings.queue, ...options.queue, concurrency: 1, onError }, handler)
    undo.push(async () => {
      status.close()
      await consumer.close({ graceMs: options.graceMs ?? 20_000 })
    })
    healthy = () => status.closing || consumer.healthy
    log.info({ workerId: status.id, device: inference.device, models: status.models }, 'worker ready')
    let closed: Promise<void> | undefined
    return { id: status.id, get inferencePid() { return inference.pid }, close: () => closed ??= closeAll() }
  } catch (error) {
    await closeAll()
    throw error
  }
}
