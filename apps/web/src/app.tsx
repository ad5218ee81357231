import { Atelier } from '@atelier/client'
import { useMemo } from 'react'
import { Conversation } from './conversation/conversation.js'
import { SignIn, useToken } from './sign-in.js'

/** The page: signs in, then shows one conversation. */
export function App() {
  const { state, token, signIn, signOut } = useToken()
  const client = useMemo(() => (token ? new Atelier({ url: document.baseURI, token }) : null), [token])
  if (client) return <Conversation client={client} onUnauthorized={signOut} />
  if (state === 'looking')
    return (
      <p className="note centred" role="status">
        Opening Atelier …
      </p>
    )
  return <SignIn onToken={signIn} rejected={state === 'rejected'} />
}
