// The worker's process: environment in, exit code out.
import {
  endInTime,
  endWithNpm,
  EnvironmentError,
  readEnvironment,
  startTracing,
  workerSettings,
} from '@atelier/service'
import { startWorker, type RunningWorker } from './start-worker.js'
import { UnusableModelError } from './model-folders.js'

let worker: RunningWorker | undefined
let stopping = false

async function stop(): Promise<void> {
  if (stopping) return
  stopping = true
  await endInTime(async () => {
    await worker?.close()
    await endTracing()
  })
}
process.on('SIGTERM', () => void stop()).on('SIGINT', () => void stop())
// A parent that forked this process and went away without a signal.
process.on('disconnect', () => void stop())
endWithNpm()
const endTracing = await startTracing('atelier-worker')

try {
  worker = await startWorker(workerSettings(readEnvironment()))
  process.send?.({ type: 'ready', id: worker.id })
} catch (error) {
  const known = error instanceof UnusableModelError || error instanceof EnvironmentError
  console.error(known ? error.message : error)
  process.exit(1)
}
