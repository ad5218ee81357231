import { AtelierApiError, AtelierConnectionError } from '@atelier/client'
import type { ErrorCode, GenerationSummary } from '@atelier/contracts'
import { words } from '../messages/words.js'

const ofCode = (code: ErrorCode, message: string): string => words.errors[code] ?? message

/** What to tell a person about an error. The server's own messages say already what to do. */
export function plainWords(error: unknown): string {
  if (error instanceof AtelierApiError) return ofCode(error.code, error.message)
  if (error instanceof AtelierConnectionError) return words.errors.unreachable
  return words.errors.page
}

/** What to tell a person about a generation that failed. */
export function wordsOfFailure({ code, message }: NonNullable<GenerationSummary['error']>): string {
  return ofCode(code, message)
}
