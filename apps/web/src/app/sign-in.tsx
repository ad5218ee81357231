import { useState, type FormEvent } from 'react'
import { words } from '../messages/words.js'
import controls from '../theme/controls.module.css'
import styles from './sign-in.module.css'
import { signIn, type SignInState } from './sign-in-state.js'

const problems: Partial<Record<SignInState, string>> = {
  rejected: words.signIn.rejected,
  used: words.signIn.used,
  unreachable: words.signIn.unreachable,
  ended: words.signIn.ended,
}

/** Asks for a key. */
export function SignIn({ problem }: { problem: SignInState }) {
  const [value, setValue] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (value.trim()) void signIn(value.trim())
  }
  return (
    <main className={styles.page}>
      <h1>{words.app.name}</h1>
      <form onSubmit={submit}>
        <label htmlFor="key">{words.signIn.label}</label>
        <input
          id="key"
          className={controls.field}
          type="password"
          autoComplete="off"
          placeholder={words.signIn.placeholder}
          value={value}
          onChange={(event) => setValue(event.target.value)}
        />
        {problem === 'out' && <p role="status">{words.signIn.out}</p>}
        {problems[problem] && (
          <p className={controls.problem} role="alert">
            {problems[problem]}
          </p>
        )}
        <button className={controls.primary} type="submit" disabled={!value.trim()}>
          {words.signIn.submit}
        </button>
      </form>
      <p className={styles.note}>
        {words.signIn.noteBefore}
        <code>npm start</code>
        {words.signIn.noteBetween}
        <code>.atelier/key</code>
        {words.signIn.noteAfter}
      </p>
    </main>
  )
}
