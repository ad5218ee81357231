import { AtelierError, maxConditionImages, type CreateTurn, type TurnImage } from '@atelier/contracts'
import type { ImageRow, OwnerRepositories } from '@atelier/database'
import { findMentions, malformedMentions } from '@atelier/lcu'

const plain = (imageId: string): TurnImage => ({ imageId, maskId: null, maskMode: 'keep' })

function checkMentions(instruction: string, mentioned: readonly string[], known: ReadonlyMap<string, ImageRow>): void {
  const unknown = [...malformedMentions(instruction), ...mentioned.filter((id) => !known.has(id)).map((id) => `@${id}`)]
  if (!unknown.length) return
  throw new AtelierError(
    'unknown_mention',
    `${unknown.join(', ')} ${unknown.length > 1 ? 'are' : 'is'} not among your images.`,
    { mentions: unknown },
  )
}

function checkExplicit(images: readonly TurnImage[], known: ReadonlyMap<string, ImageRow>): void {
  for (const [index, { imageId, maskId }] of images.entries()) {
    const unknown = known.has(imageId) ? maskId : imageId
    if (unknown === null) continue
    const field = `images.${index}.${unknown === imageId ? 'imageId' : 'maskId'}`
    const [image, mask] = [known.get(imageId), known.get(unknown)]
    if (!image || !mask)
      throw new AtelierError('unknown_image', `${unknown} (\`${field}\`) is not one of your images.`, {
        field,
        imageId: unknown,
      })
    if (image.width === mask.width && image.height === mask.height) continue
    const sizes = { image: [image.width, image.height], mask: [mask.width, mask.height] }
    throw new AtelierError(
      'mask_size_mismatch',
      `The mask ${mask.id} is ${sizes.mask.join('×')}, its image ${image.id} is ${sizes.image.join('×')}.`,
      { field, ...sizes },
    )
  }
}

/**
 * The condition images of a turn, in order: those of `images`, then those mentioned as `@img_…` that are not there
 * yet. `images` left out and nothing mentioned: the session's latest image, if there is one.
 *
 * @throws AtelierError `unknown_mention`, `unknown_image`, `mask_size_mismatch` or `too_many_images`
 */
export async function chooseImages(
  owner: Pick<OwnerRepositories, 'images' | 'sessions'>,
  sessionId: string,
  { instruction, images }: Pick<CreateTurn, 'instruction' | 'images'>,
): Promise<TurnImage[]> {
  const mentioned = findMentions(instruction)
  const explicit = images ?? []
  const chosen = [...explicit, ...mentioned.filter((id) => !explicit.some(({ imageId }) => imageId === id)).map(plain)]
  const ids = new Set([...chosen.map(({ imageId }) => imageId), ...explicit.flatMap(({ maskId }) => maskId ?? [])])
  if (chosen.length > maxConditionImages) {
    throw new AtelierError('too_many_images', `The turn has ${chosen.length} condition images.`, {
      images: chosen.length,
      max: maxConditionImages,
    })
  }
  const known = new Map((ids.size ? await owner.images.getMany([...ids]) : []).map((image) => [image.id, image]))
  checkMentions(instruction, mentioned, known)
  checkExplicit(explicit, known)
  if (images !== undefined || mentioned.length) return chosen
  const latest = await owner.sessions.latestImage(sessionId)
  return latest ? [plain(latest.id)] : []
}
