import { errorTable, type ErrorCode } from './errors.js'

/** An error with a code of the closed table; what callers of Atelier see. */
export class AtelierError extends Error {
  override readonly name = 'AtelierError'

  /**
   * @param code - the code
   * @param message - one plain sentence about this case; the table's advice is appended. Default: the table's `when`.
   * @param details - machine-readable facts (never secrets)
   */
  constructor(
    readonly code: ErrorCode,
    message?: string,
    readonly details?: unknown,
    options?: ErrorOptions,
  ) {
    super(`${message ?? errorTable[code].when} ${errorTable[code].next}`, options)
  }

  /** HTTP status of the answer. */
  get status(): number {
    return errorTable[this.code].status
  }
}
