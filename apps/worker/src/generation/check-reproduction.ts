import type { Reproduction } from '@atelier/contracts'
import type { ClaimedGeneration } from '@atelier/database'
import sharp from 'sharp'
import { comparePictures } from './compare-pictures.js'
import { fetchPicture } from './fetch-pictures.js'
import { ImageUnreadableError } from './image-unreadable-error.js'
import type { Picture } from './store-picture.js'
import type { WorkerParts } from './worker-parts.js'

/**
 * Compares a new picture with that of the generation which it repeats.
 *
 * @returns undefined when that picture is gone or damaged: then nothing can be said
 * @throws the store's own error when it does not answer
 */
export async function checkReproduction(
  { generationId, image, device }: NonNullable<ClaimedGeneration['repeats']>,
  made: Picture,
  { objects, inference }: Pick<WorkerParts, 'objects' | 'inference'>,
  signal: AbortSignal,
): Promise<Reproduction | undefined> {
  const file = await fetchPicture(objects, image, signal).catch((error: unknown) => {
    if (error instanceof ImageUnreadableError) return undefined
    throw error
  })
  if (!file) return undefined
  const decoded = sharp(file).removeAlpha().toColourspace('srgb').raw()
  const { data: pixels, info } = await decoded.toBuffer({ resolveWithObject: true })
  const comparison = comparePictures(made, { pixels, width: info.width, height: info.height })
  return { generationId, ...comparison, sameDevice: inference.device === device }
}
