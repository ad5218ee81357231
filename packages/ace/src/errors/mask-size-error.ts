import { AceError } from './ace-error.js'

/** Width and height in pixels. */
export interface Size {
  width: number
  height: number
}

/** A mask that has another size than its image. */
export class MaskSizeError extends AceError {
  override readonly name = 'MaskSizeError'
  readonly code = 'mask_size_mismatch'

  /** @param image - the image's size once turned upright */
  constructor(
    readonly image: Size,
    readonly mask: Size,
  ) {
    super(`The mask is ${mask.width}×${mask.height}, its image ${image.width}×${image.height}.`)
  }
}
