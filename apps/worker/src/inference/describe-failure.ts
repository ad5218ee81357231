import { AceError, looksOutOfMemory } from '@atelier/ace'
import type { ErrorCode } from '@atelier/contracts'
import type { CallName } from './messages.js'

/** What the worker is told of an error in the inference process, which cannot send the error itself. */
export function describeFailure(call: CallName, error: unknown): { code: ErrorCode | null; message: string } {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof AceError) return { code: error.code, message }
  if (looksOutOfMemory(message)) return { code: 'model_out_of_memory', message }
  return { code: call === 'generate' ? 'model_failed' : null, message }
}
