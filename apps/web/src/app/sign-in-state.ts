import { ExternalStore } from './external-store.js'

const address = 'v1/browser-sessions'

/**
 * `looking`: finding out whether this browser is signed in; `asking` the person for a key; `rejected`: the key does not
 * hold; `used`: the link does not; `unreachable`: no answer.
 */
export type SignInState = 'looking' | 'signed in' | 'asking' | 'rejected' | 'used' | 'unreachable'

/** Whether this browser is signed in: by the link it was opened with, or by the cookie that one of its tabs has got. */
export const signInState = new ExternalStore<SignInState>('looking')

/** The secret in the address, `#sign-in=…`: taken out of it before anything else sees it. */
const linkSecret = /^#sign-in=([0-9a-f]+)$/.exec(window.location.hash)?.[1]
if (linkSecret) window.history.replaceState(null, '', window.location.pathname)

/** The answer to a sign-in: its status, or null when there was none. */
async function post(body: { secret: string } | { key: string }): Promise<number | null> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  return fetch(address, init).then(
    ({ status }) => status,
    () => null,
  )
}

/** Finds out whether this browser is signed in. Once for each load of the page, because a link works once. */
export async function lookForSignIn(): Promise<void> {
  if (linkSecret && (await post({ secret: linkSecret })) === 201) return signInState.set('signed in')
  const answer = await fetch(`${address}/current`).catch(() => null)
  if (answer?.ok) signInState.set('signed in')
  else if (!answer || answer.status >= 500) signInState.set('unreachable')
  else signInState.set(linkSecret ? 'used' : 'asking')
}

/** Signs in with a key. */
export async function signIn(key: string): Promise<void> {
  const status = await post({ key })
  signInState.set(status === 201 ? 'signed in' : status === null || status >= 500 ? 'unreachable' : 'rejected')
}
