import { AceError } from './ace-error.js'

/** A condition image or mask that cannot be decoded. */
export class UnreadableImageError extends AceError {
  override readonly name = 'UnreadableImageError'
  readonly code = 'image_unreadable'

  /** @param reason - why, as a sentence */
  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`The picture cannot be read: ${reason}`, options)
  }
}
