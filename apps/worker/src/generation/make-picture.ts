import type { Reproduction } from '@atelier/contracts'
import type { ClaimedGeneration, NewImage } from '@atelier/database'
import type { ObjectStore } from '@atelier/objects'
import { encodePixels } from '@atelier/pictures'
import { inSpan, type Logger } from '@atelier/service'
import type { InferenceClient } from '../inference/inference-client.js'
import type { StepDone } from '../inference/messages.js'
import { loadModel } from '../load-model.js'
import type { WorkerStatus } from '../worker-status.js'
import { checkReproduction } from './check-reproduction.js'
import { fetchPictures } from './fetch-pictures.js'
import { generateRequest } from './generate-request.js'
import type { KeptPictures } from './kept-pictures.js'
import { storePicture } from './store-picture.js'

/** What it takes to make a picture. */
export interface MakePictureDeps {
  objects: ObjectStore
  inference: InferenceClient
  status: WorkerStatus
  kept: KeptPictures
  /** How long a store or a database that is away is waited for; default: see `withRetries`. */
  patienceMs?: number | undefined
  log: Logger
}

/** How {@link makePicture} is stopped and watched. */
export interface MakePictureHooks {
  signal: AbortSignal
  onStep(step: StepDone): void
  /** Called after each call to the store that failed. */
  onStoreFailure(): void
  /** Called before anything is stored; what it throws ends the work. */
  beforeStoring(): Promise<void>
}

/** What {@link makePicture} made. */
export interface MadePicture {
  /** The row to write. */
  image: NewImage
  /** Milliseconds by stage, how many texts and images were encoded anew, and how many generations shared steps, if any did. */
  timings: Record<string, number>
  /** Set when the generation repeats another one whose picture can still be read. */
  reproduction?: Reproduction
}

/**
 * Reads the pictures of an attempt, lets the model work, stores the result. A result that this worker could not store or
 * record before is not made again.
 */
export async function makePicture(
  claim: ClaimedGeneration,
  folder: string,
  deps: MakePictureDeps,
  { signal, onStep, onStoreFailure: onFailure, beforeStoring }: MakePictureHooks,
): Promise<MadePicture> {
  const { objects, inference, kept } = deps
  const times: Record<string, number> = {}
  let mark = performance.now()
  const lap = (name: string) => {
    const now = performance.now()
    times[name] = Math.round(now - mark)
    mark = now
  }
  const begin = mark
  const store = { signal, onFailure, patienceMs: deps.patienceMs }
  const generate = async () => {
    const pictures = await inSpan('fetch', {}, () => fetchPictures(objects, claim.images, store))
    lap('fetchMs')
    const request = generateRequest(claim, pictures)
    const alone = claim.suspect
    const work = async () => {
      await inSpan('load', {}, () => loadModel(folder, claim.model, deps, signal))
      lap('loadMs')
      return inSpan('model', {}, () => inference.generate(folder, request, { signal, alone, onStep }))
    }
    const made = await inference.inTurn(work, { alone, signal })
    lap('modelMs')
    kept.keep(claim.id, made)
    return made
  }
  const result = kept.of(claim.id) ?? (await generate())
  const reproduction = claim.repeats && (await checkReproduction(claim.repeats, result, deps, store))
  const [picture] = await Promise.all([encodePixels(result), beforeStoring()])
  const image = await inSpan('store', {}, () => storePicture(objects, claim.id, picture, store))
  lap('storeMs')
  const model = Object.fromEntries(Object.entries(result.timings).map(([name, ms]) => [name, Math.round(ms)]))
  const encoded = { textsEncoded: result.encoded.texts, imagesEncoded: result.encoded.images }
  const batch = result.batch > 1 && { batch: result.batch }
  const timings = { ...times, ...model, ...encoded, ...batch, totalMs: Math.round(mark - begin) }
  return { image, timings, ...(reproduction && { reproduction }) }
}
