import type { WorkRepository } from '@atelier/database'
import type { ObjectStore } from '@atelier/objects'
import type { Logger } from '@atelier/service'
import type { InferenceClient } from '../inference/inference-client.js'
import type { WorkerStatus } from '../worker-status.js'
import type { RunningGenerations } from './running-generations.js'

/** What it takes to handle a generation. */
export interface WorkerParts {
  work: WorkRepository
  objects: ObjectStore
  inference: InferenceClient
  running: RunningGenerations
  status: WorkerStatus
  /** Path of the model folder by model name. */
  folders: ReadonlyMap<string, string>
  log: Logger
}
