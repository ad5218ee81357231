/** The API could not be reached, or did not answer in time. The cause says more. */
export class AtelierConnectionError extends Error {
  override readonly name = 'AtelierConnectionError'

  constructor(url: string, options?: ErrorOptions) {
    super(`Atelier at ${url} does not answer. Check the address and that it is running, then try again.`, options)
  }
}
