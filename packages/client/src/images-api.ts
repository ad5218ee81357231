import type { Image, OutpaintRequest } from './wire-types.js'
import type { CallOptions, CreateOptions } from './atelier-options.js'
import type { UploadProgress } from './fetch-with-progress.js'
import type { HttpClient } from './http-client.js'
import { readPicture, type PictureSource } from './read-picture.js'

/** Pictures and masks. */
export class ImagesApi {
  constructor(private readonly http: HttpClient) {}

  /**
   * Uploads a PNG, JPEG or WebP picture. For bytes that were uploaded before, returns the image that is there.
   *
   * @param picture - a Blob, bytes, the path of a file, or an address; see {@link PictureSource}
   * @param purpose - `mask`: grey values that say where to edit (white = here)
   * @param onProgress - told in browsers how much of it has been sent
   * @throws AtelierSourceError when the picture cannot be read
   */
  async upload(
    picture: PictureSource,
    options: CreateOptions & { purpose?: 'mask'; onProgress?: (progress: UploadProgress) => void } = {},
  ): Promise<Image> {
    const { purpose, signal } = options
    const body = new FormData()
    // Fields before the file: the server must know what it reads.
    if (purpose) body.set('purpose', purpose)
    body.set('file', await readPicture(picture, signal), 'picture')
    return this.http.create('/v1/images', body, options)
  }

  /** One image, with fresh URLs. */
  get(id: string, { signal }: CallOptions = {}): Promise<Image> {
    return this.http.json({ method: 'GET', path: `/v1/images/${encodeURIComponent(id)}`, signal })
  }

  /** Deletes it; an `in_use` error names in `details.turnIds` the turns that use it. */
  delete(id: string, { signal }: CallOptions = {}): Promise<void> {
    return this.http.json({ method: 'DELETE', path: `/v1/images/${encodeURIComponent(id)}`, signal })
  }

  /** The bytes of the file. */
  content(id: string, { signal }: CallOptions = {}): Promise<Uint8Array> {
    return this.http.bytes({ method: 'GET', path: `/v1/images/${encodeURIComponent(id)}/content`, signal })
  }

  /**
   * Adds room around a picture, each side as a ratio (0–2) of its height or width. Returns the larger picture and the
   * mask of the new part.
   */
  outpaint(
    id: string,
    sides: Partial<OutpaintRequest>,
    options: CreateOptions = {},
  ): Promise<{ image: Image; mask: Image }> {
    return this.http.create(`/v1/images/${encodeURIComponent(id)}/outpaint`, sides, options)
  }
}
