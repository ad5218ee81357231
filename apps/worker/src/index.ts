export { startWorker, type RunningWorker, type WorkerOptions } from './start-worker.js'
export { UnusableModelError } from './model-folders.js'
