/** A refusal in the words of S3. */
export class S3Error extends Error {
  override readonly name = 'S3Error'

  constructor(
    readonly status: number,
    readonly code: string,
    message: string = code,
  ) {
    super(message)
  }
}
