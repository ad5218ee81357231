import type { ErrorBody, ErrorCode } from './wire-types.js'

/** The API refused a request. `message` says why and what to do. */
export class AtelierApiError extends Error {
  override readonly name = 'AtelierApiError'
  /** The kind of error, stable across releases; `docs/errors.md` lists them. */
  readonly code: ErrorCode
  /** Names the request in the server's log; empty when a proxy answered. */
  readonly requestId: string
  /** Machine-readable facts, such as the names of the wrong fields. */
  readonly details: unknown

  /** @param status - HTTP status; 0 for an error that came over the live connection */
  constructor(
    { error }: ErrorBody,
    readonly status: number,
  ) {
    super(error.message)
    this.code = error.code
    this.requestId = error.requestId
    this.details = error.details
  }
}

/** The body of an error answer, if this is one. */
export function errorBodyOf(value: unknown): ErrorBody | undefined {
  const { error } = (value ?? {}) as Partial<ErrorBody>
  return typeof error?.code === 'string' && typeof error.message === 'string' ? { error } : undefined
}

/** The API could not be reached, or did not answer in time. The cause says more. */
export class AtelierConnectionError extends Error {
  override readonly name = 'AtelierConnectionError'

  constructor(url: string, options?: ErrorOptions) {
    super(`Atelier at ${url} does not answer. Check the address and that it is running, then try again.`, options)
  }
}

/** A picture to be uploaded could not be read. The cause says why. */
export class AtelierSourceError extends Error {
  override readonly name = 'AtelierSourceError'

  constructor(source: string, options?: ErrorOptions) {
    const shown = source.length > 200 ? `${source.slice(0, 200)}…` : source
    super(`The picture ${shown} cannot be read. Check the path or address.`, options)
  }
}
