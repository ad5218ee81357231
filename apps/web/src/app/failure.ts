import { isSignedOut } from '../server/queries.js'
import { plainWords } from './plain-words.js'
import { lookAgain } from './sign-in-state.js'
import { toast } from './toasts.js'

/** What to do about an error that no part of the page shows where it happened: ask for a key, or tell it in a toast. */
export function fail(error: unknown): void {
  if (isSignedOut(error)) lookAgain(true)
  else toast.error(plainWords(error))
}
