/** A stored picture that the LCU needs is missing, or is not what was stored. */
export class ImageUnreadableError extends Error {
  override readonly name = 'ImageUnreadableError'

  constructor(
    readonly imageId: string,
    why: string,
    options?: ErrorOptions,
  ) {
    super(`@${imageId} ${why}.`, options)
  }
}
