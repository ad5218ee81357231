import { errorTable, type ErrorCode, type Failure } from '@atelier/contracts'
import { LostClaimError } from '@atelier/database'
import { ObjectStoreError } from '@atelier/objects'
import { StopError, type StopReason } from '@atelier/queue'
import { InferenceError } from '../inference/inference-child.js'
import { ImageUnreadableError } from './fetch-pictures.js'

/** Another attempt has the generation, or it has ended: no write of this one can succeed. */
export const claimTaken = (error: unknown): boolean => error instanceof LostClaimError

/** Why an attempt was stopped; undefined for an error that is no stop. */
export function stopReasonOf(error: unknown): StopReason | undefined {
  if (claimTaken(error)) return 'claim-taken'
  return error instanceof StopError ? error.reason : undefined
}

/** A failure in the words of the table, or in those of a sentence of its own. */
export const failureOf = (code: ErrorCode, sentence: string = errorTable[code].when): Failure => ({
  code,
  message: `${sentence} ${errorTable[code].next}`,
})

/** Whose fault an error of an attempt may be, and how the generation fails if it is its own. */
export type Verdict =
  | { fault: 'request' | 'model' | 'store'; failure: Failure }
  /** The store does not answer: that says nothing about the generation. */
  | { fault: 'outage' }

/** What an error says about the generation; null: nothing that is known. */
export function verdictOn(error: unknown): Verdict | null {
  if (error instanceof ImageUnreadableError)
    return { fault: 'request', failure: failureOf('image_unreadable', error.message) }
  if (error instanceof ObjectStoreError)
    return error.refused ? { fault: 'store', failure: failureOf('store_failed') } : { fault: 'outage' }
  if (!(error instanceof InferenceError)) return null
  // What ONNX Runtime says may hold paths and shapes: it belongs in the log, not in the owner's answer.
  return { fault: error.mayBeTheWorkers ? 'model' : 'request', failure: failureOf(error.code ?? 'model_failed') }
}
