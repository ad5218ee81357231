import { AtelierApiError, AtelierConnectionError } from '@atelier/client'

/** What to tell a person about an error. The server's own messages say already what to do. */
export function plainWords(error: unknown): string {
  if (error instanceof AtelierApiError) return error.message
  if (error instanceof AtelierConnectionError)
    return 'Atelier does not answer. Check that it is running, then try again.'
  return 'This page met an error that it does not know. Reload it, then try again.'
}
