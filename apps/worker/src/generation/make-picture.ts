import type { ClaimedGeneration, NewImage } from '@atelier/database'
import type { StepDone } from '../inference/messages.js'
import { fetchPictures } from './fetch-pictures.js'
import { generateRequest } from './generate-request.js'
import { storePicture } from './store-picture.js'
import type { WorkerParts } from './worker-parts.js'

/** What {@link makePicture} hears of and tells. */
export interface MakePictureHooks {
  signal: AbortSignal
  onStep(step: StepDone): void
  /** Called before anything is stored: throws when the claim is lost. */
  beforeStoring(): Promise<void>
}

/**
 * The middle of a run: reads the pictures, lets the model work, stores the result.
 *
 * @returns the row to write, and milliseconds by stage with the counts of what was encoded anew
 */
export async function makePicture(
  claim: ClaimedGeneration, folder: string, parts: WorkerParts, { signal, onStep, beforeStoring }: MakePictureHooks,
): Promise<{ image: NewImage; timings: Record<string, number> }> {
  const { objects, inference, status } = parts
  const times: Record<string, number> = {}
  let mark = performance.now()
  const lap = (name: string) => {
    const now = performance.now()
    times[name] = Math.round(now - mark)
    mark = now
  }
  const begin = mark
  const pictures = await fetchPictures(objects, claim.images, signal)
  lap('fetchMs')
  status.loading(!inference.isLoaded(folder))
  await inference.load(folder)
  status.loading(false)
  lap('loadMs')
  const result = await inference.generate(folder, generateRequest(claim, pictures), { signal, onStep })
  lap('modelMs')
  await beforeStoring()
  const image = await storePicture(objects, claim.id, 0, result)
  lap('storeMs')
  const model = Object.fromEntries(Object.entries(result.timings).map(([name, ms]) => [name, Math.round(ms)]))
  const encoded = { textsEncoded: result.encoded.texts, imagesEncoded: result.encoded.images }
  return { image, timings: { ...times, ...model, ...encoded, totalMs: Math.round(mark - begin) } }
}
