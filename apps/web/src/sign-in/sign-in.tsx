import { useState, type FormEvent } from 'react'

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
            This key is not valid. Ask your operator for another one.
          </p>
        )}
        <button className="primary" type="submit" disabled={!value.trim()}>
          Open
        </button>
      </form>
      <p className="note">
        The key stays in this tab. On the machine that runs Atelier, it is in the file <code>.atelier/key</code>.
      </p>
    </main>
  )
}
