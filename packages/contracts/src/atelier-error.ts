import { z } from 'zod'
import { errorCodes, errorTable, type ErrorCode } from './errors.js'

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

/** Schema of the reason why a generation failed. */
export const failureSchema = z.object({ code: z.enum(errorCodes), message: z.string() })
/** Why a generation failed. */
export type Failure = z.infer<typeof failureSchema>

/** Schema of the body of every error response. */
export const errorBodySchema = z.object({
  error: z.object({
    code: z.enum(errorCodes),
    message: z.string(),
    details: z.unknown().optional(),
    requestId: z.string(),
  }),
})
/** Body of every error response. */
export type ErrorBody = z.infer<typeof errorBodySchema>
