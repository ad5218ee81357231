import type { ErrorCode } from '@atelier/contracts'

/** Base of the errors that end one generation. `code` is what a caller of Atelier is told. */
export abstract class AceError extends Error {
  /** Row of the closed error table. */
  abstract readonly code: ErrorCode
}
