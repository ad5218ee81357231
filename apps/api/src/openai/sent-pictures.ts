import { createHash } from 'node:crypto'
import { AtelierError, idSchema, newId } from '@atelier/contracts'
import type { ImageRow, OwnerRepositories } from '@atelier/database'
import type { ApiContext } from '../api-context.js'
import { RemoteError } from '../remote/public-address.js'
import { storeImage } from '../images/image-objects.js'
import { receiveImage, type GivenFile } from '../images/receive-image.js'
import { about, invalidParam } from './door-error.js'
import type { PictureReference } from './images-wire.js'
import { fetchRemoteFile } from './remote-file.js'

/** A picture of a call, before it is looked at. */
export type SentPicture = Held | { url: string }
/** A picture that need not be fetched. */
type Held = GivenFile | { imageId: string } | { generationId: string }

/** How long all pictures that a call names by address may take together, in milliseconds. */
const fetchMs = 20_000

const fileOf = (bytes: Uint8Array): GivenFile => ({
  bytes,
  sha256: createHash('sha256').update(bytes).digest('hex'),
})

/** A picture of a JSON body. @throws DoorError */
export function referredPicture(
  { image_url: url, file_id: id }: PictureReference,
  param: string,
  { remoteImages, maxBytes }: { remoteImages: boolean; maxBytes: number },
): SentPicture {
  if (id !== undefined) {
    if (idSchema('image').safeParse(id).success) return { imageId: id }
    throw invalidParam(param, '`file_id` must be the id of an image of yours, `img_…`')
  }
  const [, base64] = /^data:[^,]{0,200};base64,([\w+/=\s-]*)$/i.exec(url!) ?? []
  if (base64 !== undefined) {
    const bytes = Buffer.from(base64, 'base64')
    if (bytes.length > maxBytes) throw new AtelierError('image_too_large', undefined, { maxBytes })
    return fileOf(bytes)
  }
  if (/^data:/i.test(url!)) throw invalidParam(param, '`image_url` is a `data:` URL without base64')
  if (remoteImages) return { url: url! }
  throw invalidParam(param, '`image_url` must be a `data:` URL: this server fetches no pictures')
}

/** What the pictures of a call became. */
export interface StoredPictures {
  images: ImageRow[]
  mask?: ImageRow
  /** What a failing call takes back: images that were not there before it. */
  fresh: string[]
  /** What files of the call have become, by their hashes: one that it sends twice is one image. */
  known: Map<string, ImageRow>
}

/** Makes the pictures of calls images of their owners. */
export class PictureStore {
  constructor(
    private readonly context: Pick<ApiContext, 'objects' | 'pool' | 'settings'>,
    private readonly history: boolean,
  ) {}

  /**
   * Stores the pictures and the mask of a call.
   *
   * @param stored - filled in as it goes, so that the caller can take back what a failure leaves
   * @throws DoorError
   */
  async store(
    owner: OwnerRepositories,
    { pictures, mask }: { pictures: readonly SentPicture[]; mask?: SentPicture | undefined },
    stored: StoredPictures,
  ): Promise<void> {
    // one after another, so that no more than one is in memory
    const left = { bytes: this.context.settings.limits.uploadBytes, until: Date.now() + fetchMs }
    for (const picture of pictures) {
      const file = await about('image', this.fetched(picture, 'image', left))
      stored.images.push(await about('image', this.image(owner, file, stored)))
    }
    if (!mask) return
    const file = await about('mask', this.fetched(mask, 'mask', left))
    stored.mask = await about('mask', this.mask(owner, file, stored))
  }

  /** @param left - what all pictures of a call together may still take */
  private async fetched(picture: SentPicture, param: string, left: { bytes: number; until: number }): Promise<Held> {
    if (!('url' in picture)) return picture
    const bounds = { maxBytes: left.bytes, timeoutMs: Math.max(1, left.until - Date.now()) }
    const file = await fetchRemoteFile(picture.url, bounds).catch((error: unknown) => {
      if (error instanceof RemoteError) throw invalidParam(param, `\`image_url\` ${error.message}`)
      throw error
    })
    left.bytes -= file.bytes.length
    return file
  }

  private async image(owner: OwnerRepositories, file: Held, { fresh, known }: StoredPictures): Promise<ImageRow> {
    if ('imageId' in file) {
      const row = await owner.images.get(file.imageId)
      if (row) return row
      throw new AtelierError('unknown_image', `${file.imageId} is not one of your images.`)
    }
    if ('generationId' in file) {
      const [row] = (await owner.generations.get(file.generationId))?.images ?? []
      if (row) return row
      throw new AtelierError('unknown_image', 'The `image_generation_call` has made no picture of yours.')
    }
    const before = known.get(file.sha256) ?? (this.history ? await owner.images.findMade(file.sha256) : null)
    if (before) return before
    const id = newId('image')
    const row = await receiveImage(this.context, owner, file, 'uploaded', { id })
    if (row.id === id) fresh.push(id)
    known.set(file.sha256, row)
    return row
  }

  private async mask(owner: OwnerRepositories, file: Held, stored: StoredPictures): Promise<ImageRow> {
    if (!('sha256' in file)) return this.image(owner, file, stored)
    const { objects, pool, settings } = this.context
    const { limits, reuseUploads: reuse } = settings
    const picture = await pool.run(owner.ownerId, 'image_too_costly', 'readAlphaMask', file, limits.imagePixels)
    const id = newId('image')
    const row = await storeImage(objects, owner, 'mask', picture, { reuse, id })
    if (row.id === id) stored.fresh.push(id)
    return row
  }
}
