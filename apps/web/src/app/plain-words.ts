import { AtelierApiError, AtelierConnectionError } from '@atelier/client'
import type { ErrorCode, GenerationSummary } from '@atelier/contracts'
import { words } from '../messages/words.js'

/** What to tell a person about an error of this kind. */
export function wordsOfCode(code: ErrorCode, details?: unknown): string {
  // A newer server may know more codes than this page.
  const sentence = words.errors[code] ?? words.errors.internal
  if (typeof sentence === 'string') return sentence
  return sentence(details !== null && typeof details === 'object' ? (details as Record<string, unknown>) : {})
}

/** What to tell a person about an error: what is wrong, and what to do. */
export function plainWords(error: unknown): string {
  if (error instanceof AtelierApiError) return wordsOfCode(error.code, error.details)
  if (error instanceof AtelierConnectionError)
    return navigator.onLine ? words.trouble.unreachable : words.trouble.offline
  return words.trouble.page
}

/** What to tell a person about a generation that failed. */
export const wordsOfFailure = ({ code }: NonNullable<GenerationSummary['error']>): string => wordsOfCode(code)
