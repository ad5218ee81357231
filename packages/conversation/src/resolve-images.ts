import { AtelierError, maxConditionImages, type CreateTurn, type ImageKind, type TurnImage } from '@atelier/contracts'
import { findMentions, readMentions } from './instruction.js'
import { lineage, type SessionState } from './tree.js'

/** What the rules need to know of an image of the owner. Sizes in pixels. */
export interface KnownImage {
  id: string
  kind: ImageKind
  width: number
  height: number
}

const plain = (imageId: string): TurnImage => ({ imageId, maskId: null, maskMode: 'keep' })

/**
 * The images that a request names, in order. If `images` has every image that is mentioned as `@img_…`, it says the order.
 * Otherwise: the mentioned ones, by first mention, then those of `images` that are not mentioned. The mask of a mentioned
 * image comes from `images`.
 *
 * @throws AtelierError `too_many_images`
 */
export function namedImages({ instruction, images = [] }: Pick<CreateTurn, 'instruction' | 'images'>): TurnImage[] {
  const mentioned = findMentions(instruction)
  const ordered = mentioned.every((id) => images.some(({ imageId }) => imageId === id))
  const first = mentioned.flatMap((id) => {
    const uses = images.filter(({ imageId }) => imageId === id)
    return uses.length ? uses : [plain(id)]
  })
  const named = ordered ? images : [...first, ...images.filter(({ imageId }) => !mentioned.includes(imageId))]
  if (named.length <= maxConditionImages) return named
  throw new AtelierError('too_many_images', `The turn has ${named.length} condition images.`, {
    images: named.length,
    max: maxConditionImages,
  })
}

function checkMentions(instruction: string, known: ReadonlyMap<string, KnownImage>): void {
  const unknown = readMentions(instruction)
    .filter(({ imageId }) => imageId === null || !known.has(imageId))
    .map(({ mention, position }) => ({ mention, position }))
  if (!unknown.length) return
  const places = unknown.map(({ mention, position }) => `${mention} (at ${position})`).join(', ')
  const text = `${places} ${unknown.length > 1 ? 'are' : 'is'} not among your images.`
  throw new AtelierError('unknown_mention', text, { mentions: unknown })
}

function checkMask(field: string, image: KnownImage, mask: KnownImage): void {
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

function checkAttached(images: readonly TurnImage[], known: ReadonlyMap<string, KnownImage>): void {
  const find = (id: string, field: string): KnownImage => {
    const image = known.get(id)
    if (image) return image
    throw new AtelierError('unknown_image', `${id} (\`${field}\`) is not one of your images.`, { field, imageId: id })
  }
  for (const [index, { imageId, maskId }] of images.entries()) {
    const image = find(imageId, `images.${index}.imageId`)
    const field = `images.${index}.maskId`
    if (maskId !== null) checkMask(field, image, find(maskId, field))
  }
}

/** Most that one side of `outpaint` adds, as a ratio of the picture's. */
const maxMargin = 2

/** What outpaint must be asked for to bring a picture within the limit; undefined when it cannot at once. */
function roomFor({ width, height }: KnownImage, maxAspect: number): Record<string, number> | undefined {
  const [long, short] = [Math.max(width, height), Math.min(width, height)]
  const missing = Math.ceil(long / maxAspect) - short
  const [before, after] = [Math.floor(missing / 2) / short, Math.ceil(missing / 2) / short]
  if (after > maxMargin) return undefined
  return width > height ? { top: before, bottom: after } : { left: before, right: after }
}

/**
 * Refuses condition images of which the model would see only the middle.
 *
 * @param known - the images by id
 * @param maxAspect - of the model: longest side over shortest
 * @throws AtelierError `image_too_elongated`, with what to send to outpaint so that the image fits
 */
export function checkAspect(
  images: readonly TurnImage[],
  known: ReadonlyMap<string, KnownImage>,
  maxAspect: number,
): void {
  for (const { imageId } of images) {
    const image = known.get(imageId)
    if (!image || Math.max(image.width, image.height) <= Math.min(image.width, image.height) * maxAspect) continue
    const { width, height } = image
    const outpaint = roomFor(image, maxAspect)
    const text = `${imageId} is ${width}×${height}; the model sees images up to ${maxAspect}:1.`
    throw new AtelierError('image_too_elongated', text, {
      imageId,
      width,
      height,
      maxAspect,
      ...(outpaint && { outpaint }),
    })
  }
}

/**
 * The image that a turn which names none edits: the newest one made by the turn it follows (reproductions apart), else
 * that turn's first condition image, else the same of that turn's parent, and so on up to the root.
 */
function defaultImage({ turns }: SessionState, followedTurnId: string | null): string | undefined {
  return lineage(turns, followedTurnId)
    .toReversed()
    .map(({ made, images }) => (made.find(({ reproduction }) => !reproduction) ?? images[0])?.imageId)
    .find((imageId) => imageId !== undefined)
}

/**
 * The condition images of a new turn, in order: those that the request names ({@link namedImages}). `images` left out
 * and nothing mentioned: the latest image at the turn's place in the tree, if there is one.
 *
 * @param session - where the turn begins: `parentTurnId` of the request, left out: the active turn
 * @param known - those of the named images and masks that are the owner's, by id
 * @throws AtelierError `too_many_images`, `unknown_mention`, `unknown_image`, `not_a_mask` or `mask_size_mismatch`
 */
export function resolveImages(
  request: Pick<CreateTurn, 'instruction' | 'images' | 'parentTurnId'>,
  session: SessionState,
  known: ReadonlyMap<string, KnownImage>,
): TurnImage[] {
  const { instruction, images, parentTurnId = session.activeTurnId } = request
  const named = namedImages(request)
  checkMentions(instruction, known)
  checkAttached(images ?? [], known)
  if (images !== undefined || named.length) return named
  const imageId = defaultImage(session, parentTurnId)
  return imageId === undefined ? [] : [plain(imageId)]
}
