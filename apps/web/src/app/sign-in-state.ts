import { AtelierApiError } from '@atelier/client'
import type { SignIn } from '@atelier/contracts'
import { atelier } from '../server/client.js'
import { ExternalStore } from './external-store.js'

/**
 * `looking`: finding out whether this browser is signed in; `asking` the person for a key; `rejected`: the key does not
 * hold; `used`: the link does not; `unreachable`: no answer; `ended`: it held until now; `out`: the person signed out.
 */
export type SignInState = 'looking' | 'signed in' | 'asking' | 'rejected' | 'used' | 'unreachable' | 'ended' | 'out'

/** Whether this browser is signed in: by the link it was opened with, or by the cookie that one of its tabs has got. */
export const signInState = new ExternalStore<SignInState>('looking')

/** The secret in the address, `#sign-in=…`: taken out of it before anything else sees it. */
const linkSecret = /^#sign-in=([0-9a-f]+)$/.exec(window.location.hash)?.[1]
if (linkSecret) window.history.replaceState(null, '', window.location.pathname)

/** What a call says of the sign-in; `no`: it is refused. */
async function answerTo(call: Promise<unknown>): Promise<'signed in' | 'no' | 'unreachable'> {
  return call.then(
    () => 'signed in' as const,
    // Too many tries say nothing of the key.
    (error: unknown) =>
      error instanceof AtelierApiError && error.status < 500 && error.status !== 429 ? 'no' : 'unreachable',
  )
}
const post = (by: SignIn) => answerTo(atelier.browserSessions.signIn(by))

/** Finds out whether this browser is signed in. Once for each load of the page, because a link works once. */
export async function lookForSignIn(): Promise<void> {
  if (linkSecret && (await post({ secret: linkSecret })) === 'signed in') return signInState.set('signed in')
  const answer = await answerTo(atelier.browserSessions.current())
  signInState.set(answer === 'no' ? (linkSecret ? 'used' : 'asking') : answer)
}

/** Signs in with a key. */
export async function signIn(key: string): Promise<void> {
  const answer = await post({ key })
  signInState.set(answer === 'no' ? 'rejected' : answer)
}

// Meanwhile another tab may have signed in, the server may be back, or the key revoked.
document.addEventListener('visibilitychange', () => {
  const { state } = signInState
  if (document.visibilityState !== 'visible' || state === 'looking') return
  void answerTo(atelier.browserSessions.current()).then((answer) => {
    if (answer === 'signed in') signInState.set(answer)
    else if (answer === 'no' && state === 'signed in') signInState.set('ended')
  })
})
