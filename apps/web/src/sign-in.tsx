import { useCallback, useEffect, useState, type FormEvent } from 'react'

const place = 'atelier-key'

/** `looking` for a key, `asking` the person for one, `rejected`: the one given does not hold. */
export type TokenState = 'looking' | 'asking' | 'rejected'

/** The key of this browser tab: one given earlier, else the one that a server on this machine hands to its own page. */
export function useToken() {
  const [token, setToken] = useState(() => sessionStorage.getItem(place))
  const [state, setState] = useState<TokenState>('looking')

  useEffect(() => {
    if (token || state !== 'looking') return
    let current = true
    const look = async () => {
      const found = await localToken()
      if (!current) return
      if (found) setToken(found)
      else setState('asking')
    }
    void look()
    return () => {
      current = false
    }
  }, [token, state])

  const signIn = useCallback((given: string) => {
    sessionStorage.setItem(place, given)
    setToken(given)
  }, [])
  const signOut = useCallback(() => {
    sessionStorage.removeItem(place)
    setToken(null)
    setState('rejected')
  }, [])
  return { state, token, signIn, signOut }
}

async function localToken(): Promise<string | null> {
  try {
    const answer = await fetch('v1/local/session')
    return answer.ok ? ((await answer.json()) as { token: string }).token : null
  } catch {
    return null
  }
}

/** Asks for a key. */
export function SignIn({ onToken, rejected }: { onToken(token: string): void; rejected: boolean }) {
  const [value, setValue] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (value.trim()) onToken(value.trim())
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
        {rejected && (
          <p className="error" role="alert">
            This key is not valid. Ask your operator for a new one.
          </p>
        )}
        <button className="primary" type="submit" disabled={!value.trim()}>
          Sign in
        </button>
      </form>
      <p className="note">
        Your key stays in this tab. On the machine that runs Atelier, you find it in <code>.atelier/key</code>.
      </p>
    </main>
  )
}
