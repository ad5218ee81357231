import { useCallback, useEffect, useState, type FormEvent } from 'react'

const address = 'v1/browser-sessions'

/**
 * `looking`: finding out whether this browser is signed in; `asking` the person for a key; `rejected`: the key does not
 * hold; `used`: the link does not; `unreachable`: no answer.
 */
export type SignInState = 'looking' | 'signed in' | 'asking' | 'rejected' | 'used' | 'unreachable'

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

// once for each load of the page, because a link works once
let looked: Promise<SignInState> | undefined
async function look(): Promise<SignInState> {
  if (linkSecret && (await post({ secret: linkSecret })) === 201) return 'signed in'
  const answer = await fetch(`${address}/current`).catch(() => null)
  if (answer?.ok) return 'signed in'
  if (!answer || answer.status >= 500) return 'unreachable'
  return linkSecret ? 'used' : 'asking'
}

/** Whether this browser is signed in: by the link it was opened with, or by the cookie that one of its tabs has got. */
export function useSignIn() {
  const [state, setState] = useState<SignInState>('looking')

  useEffect(() => {
    let current = true
    looked ??= look()
    void looked.then((found) => {
      if (current) setState(found)
    })
    return () => {
      current = false
    }
  }, [])

  const signIn = useCallback(async (key: string) => {
    const status = await post({ key })
    setState(status === 201 ? 'signed in' : status === null || status >= 500 ? 'unreachable' : 'rejected')
  }, [])
  const lost = useCallback(() => setState('asking'), [])
  return { state, signIn, lost }
}

const problems: Partial<Record<SignInState, string>> = {
  rejected: 'This key is not valid. Ask your operator for a new one.',
  used: 'This link was used before, or it has expired. Every start of Atelier prints a new one.',
  unreachable: 'Atelier is not responding. Check that it is running, then try again.',
}

/** Asks for a key. */
export function SignIn({ onKey, problem }: { onKey(key: string): void; problem: SignInState }) {
  const [value, setValue] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (value.trim()) onKey(value.trim())
  }
  return (
    <main className="sign-in">
      <h1>Atelier</h1>
      <form onSubmit={submit}>
        <label htmlFor="key">Your key</label>
        <input
          id="key"
          type="password"
          autoComplete="off"
          placeholder="atl_…"
          value={value}
          onChange={(e) => setValue(e.target.value)}
        />
        {problems[problem] && (
          <p className="error" role="alert">
            {problems[problem]}
          </p>
        )}
        <button className="primary" type="submit" disabled={!value.trim()}>
          Sign in
        </button>
      </form>
      <p className="note">
        This browser then stays signed in for 30 days. On the machine that runs Atelier, use the link that{' '}
        <code>npm start</code> prints, or the key in <code>.atelier/key</code>.
      </p>
    </main>
  )
}
