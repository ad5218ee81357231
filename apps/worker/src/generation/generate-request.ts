import type { ConditionFrame, GenerateRequest } from '@atelier/ace'
import type { ClaimedGeneration } from '@atelier/database'

/**
 * What the model is asked for a generation: its LCU flattened to frames, oldest first, each with its own unit's text.
 *
 * @param pictures - encoded files of every image and mask of the LCU, by id
 */
export function generateRequest(claim: ClaimedGeneration, pictures: ReadonlyMap<string, Uint8Array>): GenerateRequest {
  const current = claim.lcu.at(-1)
  if (!current) throw new Error(`The generation ${claim.id} has an empty LCU.`)
  const picture = (id: string) => {
    const bytes = pictures.get(id)
    if (!bytes) throw new Error(`The picture ${id} was not fetched.`)
    return bytes
  }
  const frames = claim.lcu.flatMap((unit) =>
    unit.images.map((image): ConditionFrame => ({
      image: picture(image.imageId),
      mask: image.maskId === null ? null : picture(image.maskId),
      maskMode: image.maskMode,
      instruction: unit.instruction,
    })),
  )
  const { instruction, images } = current
  const { parameters, seed, ownerId: cacheScope } = claim
  return { ...parameters, seed, instruction, frames, currentFrames: images.length, cacheScope }
}
