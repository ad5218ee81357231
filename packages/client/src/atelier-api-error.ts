import type { ErrorBody, ErrorCode } from '@atelier/contracts'

/** An answer of the API that says no. `message` is a sentence that says what to do. */
export class AtelierApiError extends Error {
  override readonly name = 'AtelierApiError'
  /** What kind of error, stable across releases; `docs/errors.md` lists them. */
  readonly code: ErrorCode
  /** Names the request in the server's log; empty when a proxy answered. */
  readonly requestId: string
  /** Machine-readable facts, such as the fields that do not fit. */
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
