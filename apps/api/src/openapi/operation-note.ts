import type { ErrorCode } from '@atelier/contracts'

/** What the OpenAPI document says about a route that its schemas cannot say. */
export interface OperationNote {
  /** `operationId`: what generated clients call it. */
  id: string
  description: string
  /** Codes that this route may answer besides those that follow from its form; see `errorsOf`. */
  errors?: readonly ErrorCode[]
  /** It creates something: takes `Idempotency-Key`. */
  creates?: true
  /** Name of the schema of a success, where the routes put it together from named ones. */
  answer?: string
  /** Content types of a success that is no JSON. */
  content?: readonly string[]
  /** Headers of a success, besides those of every answer. */
  headers?: Readonly<Record<string, string>>
  /** Headers that a request may carry. */
  requestHeaders?: Readonly<Record<string, string>>
}
