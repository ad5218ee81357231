import { AtelierApiError, AtelierConnectionError } from '@atelier/client'
import { words } from '../messages/words.js'

/** What to tell a person about an error. The server's own messages say already what to do. */
export function plainWords(error: unknown): string {
  if (error instanceof AtelierApiError) return words.errors[error.code] ?? error.message
  if (error instanceof AtelierConnectionError) return words.errors.unreachable
  return words.errors.page
}
