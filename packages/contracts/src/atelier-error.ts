import { errorTable, type ErrorCode } from './errors.js'

/** An error with a code from {@link errorTable}; the only kind of error that callers of Atelier see. */
export class AtelierError extends Error {
  override readonly name = 'AtelierError'

  /**
   * @param code - a code from the table
   * @param message - one plain sentence about this case, default the table's `when`; the table's `next` is appended
   * @param details - machine-readable facts, never secrets
   */
  constructor(
    readonly code: ErrorCode,
    message?: string,
    readonly details?: unknown,
    options?: ErrorOptions,
  ) {
    super(`${message ?? errorTable[code].when} ${errorTable[code].next}`, options)
  }

  /** HTTP status of the response. */
  get status(): number {
    return errorTable[this.code].status
  }
}
