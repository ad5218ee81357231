import type { ErrorCode, Failure } from '@atelier/contracts'
import { errorTable } from '@atelier/contracts'
import { InferenceError } from '../inference/inference-error.js'
import { ImageUnreadableError } from './image-unreadable-error.js'

/**
 * The failure that ends a generation, or null for an error that says nothing about this generation (a store that does
 * not answer, a model folder that cannot be opened): that one is worth another try later.
 */
export function failureOf(error: unknown): Failure | null {
  if (error instanceof ImageUnreadableError) return describe('image_unreadable', error.message)
  // What ONNX Runtime says may hold paths and shapes: it belongs into the log, not into the owner's answer.
  return error instanceof InferenceError && error.code ? describe(error.code, errorTable[error.code].when) : null
}

function describe(code: ErrorCode, sentence: string): Failure {
  return { code, message: `${sentence} ${errorTable[code].next}` }
}
