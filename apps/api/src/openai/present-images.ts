import type { GenerationRow, OwnerRepositories } from '@atelier/database'
import { fitSize } from '@atelier/pictures'
import type { ApiContext } from '../api-context.js'
import { readImageObject } from '../images/image-objects.js'
import { qualityOf } from './call-to-turn.js'
import type { ImagesCall } from './images-call.js'
import type { Made, OutputFormat, PictureAnswer, Usage } from './images-wire.js'

type Deps = Pick<ApiContext, 'objects' | 'pool' | 'settings' | 'serializer' | 'models'>
type Options = ImagesCall['options']

/** Compression 100 is the best quality, as at OpenAI. */
const usualCompression = 100

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')

/** Shows what generations made as clients of OpenAI know it. */
export class ImagePresenter {
  constructor(
    private readonly deps: Deps,
    private readonly owner: OwnerRepositories,
    private readonly options: Options,
    /** Of this server as the client sees it, for addresses of pictures. */
    private readonly origin: string,
  ) {}

  /** What was really made. Pictures by address are as they are stored. */
  made({ parameters: { width, height } }: Pick<GenerationRow, 'parameters'>): Made {
    return {
      background: 'opaque',
      output_format: this.byAddress ? 'png' : this.format,
      quality: qualityOf(this.options.quality),
      size: `${width}x${height}`,
    }
  }

  /** The picture of a generation that has succeeded. @throws AtelierError `image_unreadable`, `image_too_costly`, `busy` */
  async picture(row: GenerationRow): Promise<PictureAnswer> {
    const image = row.images[0]!
    const ours = {
      image_id: image.id,
      session_id: row.sessionId,
      turn_id: row.turnId,
      generation_id: row.id,
      seed: row.seed,
      ...this.revised(row),
    }
    if (this.byAddress) {
      const { url } = await this.deps.serializer.image(image)
      return { url: new URL(url, this.origin).href, ...ours }
    }
    const file = await readImageObject(this.deps.objects, image.objectKey)
    const converted = this.format === 'png' ? file : await this.convert(file)
    return { b64_json: base64(converted), ...ours }
  }

  /** A preview in the size and the format of the finished picture. @param dataUrl - a small PNG */
  async preview(dataUrl: string, size: { width: number; height: number }): Promise<string> {
    const file = Buffer.from(dataUrl.slice(dataUrl.indexOf(',') + 1), 'base64')
    return base64(await this.convert(file, size))
  }

  /** What the generations took of the model. */
  async usage(rows: readonly GenerationRow[]): Promise<Usage> {
    const [row] = rows
    if (!row) return usageOf(0, 0, 0)
    const { limits } = this.deps.models.choose(row.model)
    const tokens = (size: { width: number; height: number }) => {
      const { width, height } = fitSize(size.width, size.height, limits)
      return (width * height) / limits.sizeMultiple ** 2
    }
    const ids = row.lcu.flatMap(({ images }) => images.map(({ imageId }) => imageId))
    const seen = await this.owner.images.getMany([...new Set(ids)])
    const text = this.deps.models.textOf(row.model)
    const read = row.lcu.reduce((sum, { instruction }) => sum + (text?.count(instruction) ?? 0), 0)
    const shown = seen.reduce((sum, image) => sum + tokens(image), 0)
    return usageOf(
      read,
      shown,
      rows.reduce((sum, { parameters }) => sum + tokens(parameters), 0),
    )
  }

  /** A stream has no addresses. */
  private get byAddress(): boolean {
    return this.options.response_format === 'url' && !this.options.stream
  }

  private get format(): OutputFormat {
    return this.options.output_format ?? 'png'
  }

  private async convert(file: Uint8Array, size?: { width: number; height: number }): Promise<Uint8Array> {
    const { pool, settings } = this.deps
    const quality = Math.max(1, this.options.output_compression ?? usualCompression)
    const as = { format: this.format, quality, ...(size && { size }) }
    const most = settings.limits.imagePixels
    return pool.run(this.owner.ownerId, 'image_too_costly', 'convertPicture', file, as, most)
  }

  /** What the model read, where that is not the whole prompt. */
  private revised({ lcu }: GenerationRow): Pick<PictureAnswer, 'revised_prompt'> {
    const unit = lcu.at(-1)
    return unit?.truncated ? { revised_prompt: unit.instruction } : {}
  }
}

const usageOf = (text: number, images: number, made: number): Usage => ({
  input_tokens: text + images,
  output_tokens: made,
  total_tokens: text + images + made,
  input_tokens_details: { text_tokens: text, image_tokens: images },
})
