import type { Reproduction } from '@atelier/contracts'
import type { ClaimedGeneration } from '@atelier/database'
import type { ObjectStore } from '@atelier/objects'
import { decodePixels, type Pixels } from '@atelier/pictures'
import { fetchPicture, ImageUnreadableError } from './fetch-pictures.js'
import type { StoreOptions } from './with-retries.js'

/** What {@link comparePictures} finds. */
type Comparison = { [Field in 'equal' | 'differentPixels' | 'maxDifference']: NonNullable<Reproduction[Field]> }

/** Compares a picture with the one it should be. Of another size all of its pixels differ, by as much as can be. */
export function comparePictures(made: Pixels, original: Pixels): Comparison {
  const area = made.width * made.height
  if (made.width !== original.width || made.height !== original.height) {
    return { equal: false, differentPixels: area, maxDifference: 255 }
  }
  let [differentPixels, maxDifference] = [0, 0]
  for (let pixel = 0; pixel < area; pixel++) {
    let most = 0
    for (let at = pixel * 3; at < pixel * 3 + 3; at++) {
      most = Math.max(most, Math.abs(made.pixels[at]! - original.pixels[at]!))
    }
    if (most > 0) differentPixels++
    maxDifference = Math.max(maxDifference, most)
  }
  return { equal: differentPixels === 0, differentPixels, maxDifference }
}

/**
 * Compares a new picture with that of the generation that it repeats.
 *
 * @returns undefined when that picture is gone or damaged: nothing can be said then
 * @throws the store's own error when it does not answer
 */
export async function checkReproduction(
  { generationId, image, device }: NonNullable<ClaimedGeneration['repeats']>,
  made: Pixels,
  { objects, inference }: { objects: ObjectStore; inference: { device: string } },
  store: StoreOptions,
): Promise<Reproduction | undefined> {
  const file = await fetchPicture(objects, image, store).catch((error: unknown) => {
    if (error instanceof ImageUnreadableError) return undefined
    throw error
  })
  if (!file) return undefined
  const comparison = comparePictures(made, await decodePixels(file))
  return { generationId, ...comparison, sameDevice: inference.device === device }
}
