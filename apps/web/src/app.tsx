import { Atelier } from '@atelier/client'
import { useMemo } from 'react'
import { Conversation } from './conversation/conversation.js'
import { SignIn, useSignIn } from './sign-in.js'

/** The page: signs in, then shows one conversation. */
export function App() {
  const { state, signIn, lost } = useSignIn()
  const client = useMemo(() => new Atelier({ url: document.baseURI }), [])
  if (state === 'signed in') return <Conversation client={client} onUnauthorized={lost} />
  if (state === 'looking')
    return (
      <p className="note centred" role="status">
        Opening Atelier …
      </p>
    )
  return <SignIn onKey={signIn} problem={state} />
}
