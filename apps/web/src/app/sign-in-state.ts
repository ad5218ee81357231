import { AtelierApiError } from '@atelier/client'
import type { BrowserSession, SignIn } from '@atelier/contracts'
import { closeDrafts } from '../draft/draft-store.js'
import { forgetUnfinished } from '../draft/unfinished.js'
import { atelier } from '../server/client.js'
import { keptUnder } from './address.js'
import { ExternalStore } from './external-store.js'

/**
 * `looking`: finding out whether this browser is signed in; `asking` the person for a key; `rejected`: the key does not
 * hold; `used`: the link does not; `unreachable`: no answer; `ended`: it held until now; `out`: the person signed out.
 */
export type SignInState = 'looking' | 'signed in' | 'asking' | 'rejected' | 'used' | 'unreachable' | 'ended' | 'out'

/** Whether this browser is signed in: by the link it was opened with, or by the cookie that one of its tabs has got. */
export const signInState = new ExternalStore<SignInState>('looking')

/** Who is signed in, as the server has said last; null: it has not yet. */
export const signedInAs = new ExternalStore<BrowserSession | null>(null)

/** Tells the other tabs of this browser that it was signed in or out. */
export const signInTabs = new BroadcastChannel(`${keptUnder}.sign-in`)

/** Where this browser keeps whose things it keeps. */
const ownerPlace = `${keptUnder}.owner`

/** Makes nothing of somebody else be seen: neither what this browser keeps nor what is on the page. */
async function admit(me: BrowserSession): Promise<void> {
  const isOther = (ownerId: string | null) => ownerId !== null && ownerId !== me.ownerId
  const before = signedInAs.state?.ownerId ?? null
  if (isOther(before)) closeDrafts()
  try {
    const kept = localStorage.getItem(ownerPlace)
    if (isOther(before) || isOther(kept)) sessionStorage.clear()
    // Another tab may have done so before, and have kept something since.
    if (isOther(kept)) {
      for (const key of Object.keys(localStorage))
        if (key.startsWith(`${keptUnder}.`) && key !== ownerPlace) localStorage.removeItem(key)
      await forgetUnfinished()
    }
    localStorage.setItem(ownerPlace, me.ownerId)
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
  if (isOther(before)) {
    window.location.reload()
    // Nothing goes on here until it has.
    await new Promise(() => {})
  }
  signedInAs.set(me)
}

/** The secret in the address, `#sign-in=…`: taken out of it before anything else sees it. */
const linkSecret = /^#sign-in=([0-9a-f]+)$/.exec(window.location.hash)?.[1]
if (linkSecret) window.history.replaceState(null, '', window.location.pathname)

/** What a call says of the sign-in; `no`: it is refused. */
async function answerTo(call: Promise<BrowserSession>): Promise<'signed in' | 'no' | 'unreachable'> {
  try {
    await admit(await call)
    return 'signed in'
  } catch (error) {
    // Too many tries say nothing of the key.
    return error instanceof AtelierApiError && error.status < 500 && error.status !== 429 ? 'no' : 'unreachable'
  }
}
async function post(by: SignIn): Promise<'signed in' | 'no' | 'unreachable'> {
  const call = atelier.browserSessions.signIn(by)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has none
  const tell = () => signInTabs.postMessage('in')
  void call.then(tell, () => {})
  return answerTo(call)
}

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

/**
 * How often calls were refused although the browser is signed in, as by a server that has just been started again: what ended
 * with that begins anew.
 */
export const renewals = new ExternalStore(0)
/** How long a look waits that found no server, and a renewal after another, in milliseconds. */
const restMs = 5_000
let lastRenewal = -restMs

let again: Promise<void> | undefined
/** Whether another look was asked for during this one, whose answer may be older. */
let more = false
/** Whether somebody is left without what they asked for until a look has an answer. */
let refused = false
let timer: ReturnType<typeof setTimeout> | undefined

/**
 * Finds out whether this browser is signed in still, or again: another tab may have signed in, the server may be back, the key
 * revoked; and what a call was refused for may have been the sign-in before.
 *
 * @param wasRefused - a call was refused, or there is another reason to look until there is an answer
 */
export function lookAgain(wasRefused = false): void {
  if (signInState.state === 'looking') return
  refused ||= wasRefused
  if (again) {
    more = true
    return
  }
  again = look().finally(() => {
    again = undefined
    if (!more) return
    more = false
    lookAgain()
  })
}

async function look(): Promise<void> {
  const [{ state }, { state: before }] = [signInState, signedInAs]
  const wasRefused = refused
  refused = false
  const answer = await answerTo(atelier.browserSessions.current())
  if (answer === 'signed in') {
    signInState.set(answer)
    if (wasRefused) renew()
  } else if (answer === 'no') {
    if (state === 'signed in' && signedInAs.state === before) signInState.set('ended')
  } else if (wasRefused && state === 'signed in') lookIn(restMs)
}

function lookIn(ms: number): void {
  clearTimeout(timer)
  timer = setTimeout(() => lookAgain(true), ms)
}

/** Not at once after another: whatever is refused for another reason would be asked for without a pause. */
function renew(): void {
  const waitMs = lastRenewal + restMs - performance.now()
  if (waitMs > 0) return lookIn(waitMs)
  lastRenewal = performance.now()
  renewals.set((count) => count + 1)
}
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && lookAgain())
// Signed out may have been long ago, when this tab was asleep: the server says how it is now.
signInTabs.addEventListener('message', ({ data }: MessageEvent<'in' | 'out'>) => lookAgain(data === 'out'))
