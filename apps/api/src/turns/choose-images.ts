import { AtelierError, maxConditionImages, type CreateTurn, type TurnImage } from '@atelier/contracts'
import type { ImageRow, OwnerRepositories } from '@atelier/database'
import { findMentions, readMentions } from '@atelier/conversation'

const plain = (imageId: string): TurnImage => ({ imageId, maskId: null, maskMode: 'keep' })

function checkMentions(instruction: string, known: ReadonlyMap<string, ImageRow>): void {
  const unknown = readMentions(instruction)
    .filter(({ imageId }) => imageId === null || !known.has(imageId))
    .map(({ mention, position }) => ({ mention, position }))
  if (!unknown.length) return
  const places = unknown.map(({ mention, position }) => `${mention} (at ${position})`).join(', ')
  const text = `${places} ${unknown.length > 1 ? 'are' : 'is'} not among your images.`
  throw new AtelierError('unknown_mention', text, { mentions: unknown })
}

function checkMask(field: string, image: ImageRow, mask: ImageRow): void {
  if (mask.kind !== 'mask')
    throw new AtelierError('not_a_mask', `${mask.id} is not a mask.`, { field, imageId: mask.id })
  if (image.width === mask.width && image.height === mask.height) return
  const sizes = { image: [image.width, image.height], mask: [mask.width, mask.height] }
  throw new AtelierError(
    'mask_size_mismatch',
    `The mask ${mask.id} is ${sizes.mask.join('×')}, its image ${image.id} is ${sizes.image.join('×')}.`,
    { field, ...sizes },
  )
}

function checkExplicit(images: readonly TurnImage[], known: ReadonlyMap<string, ImageRow>): void {
  const find = (id: string, field: string): ImageRow => {
    const row = known.get(id)
    if (row) return row
    throw new AtelierError('unknown_image', `${id} (\`${field}\`) is not one of your images.`, { field, imageId: id })
  }
  for (const [index, { imageId, maskId }] of images.entries()) {
    const image = find(imageId, `images.${index}.imageId`)
    const field = `images.${index}.maskId`
    if (maskId !== null) checkMask(field, image, find(maskId, field))
  }
}

/** Mentioned images in order of first mention, then the attached ones that are not mentioned; masks come from `images`. */
function inOrder(mentioned: readonly string[], attached: readonly TurnImage[]): TurnImage[] {
  const first = mentioned.flatMap((id) => {
    const uses = attached.filter(({ imageId }) => imageId === id)
    return uses.length ? uses : [plain(id)]
  })
  return [...first, ...attached.filter(({ imageId }) => !mentioned.includes(imageId))]
}

/**
 * The condition images of a turn, in order: those mentioned as `@img_…`, then those of `images` that are not mentioned.
 * `images` left out and nothing mentioned: the latest image at the turn's place in the tree, if there is one.
 *
 * @throws AtelierError `unknown_mention`, `unknown_image`, `not_a_mask`, `mask_size_mismatch` or `too_many_images`
 */
export async function chooseImages(
  owner: Pick<OwnerRepositories, 'images' | 'sessions'>,
  sessionId: string,
  { instruction, images, parentTurnId }: Pick<CreateTurn, 'instruction' | 'images' | 'parentTurnId'>,
): Promise<TurnImage[]> {
  const mentioned = findMentions(instruction)
  const attached = images ?? []
  const chosen = inOrder(mentioned, attached)
  if (chosen.length > maxConditionImages) {
    throw new AtelierError('too_many_images', `The turn has ${chosen.length} condition images.`, {
      images: chosen.length,
      max: maxConditionImages,
    })
  }
  const ids = new Set(chosen.flatMap(({ imageId, maskId }) => (maskId === null ? [imageId] : [imageId, maskId])))
  const known = new Map((ids.size ? await owner.images.getMany([...ids]) : []).map((image) => [image.id, image]))
  checkMentions(instruction, known)
  checkExplicit(attached, known)
  if (images !== undefined || mentioned.length) return chosen
  const latest = await owner.sessions.latestImage(sessionId, parentTurnId)
  return latest ? [plain(latest.id)] : []
}
