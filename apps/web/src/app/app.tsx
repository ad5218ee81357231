import { QueryClientProvider } from '@tanstack/react-query'
import { Tooltip } from 'radix-ui'
import { useEffect } from 'react'
import { Router } from 'wouter'
import { words } from '../messages/words.js'
import { queries } from '../server/queries.js'
import { AddressProvider, basePath } from './address.js'
import { Announcer } from './announcer.js'
import styles from './app.module.css'
import { useStore } from './external-store.js'
import { lazyPart } from './lazy-part.js'
import { useLocationBelowOverlays } from './overlays.js'
import { Part } from './part.js'
import { SignIn } from './sign-in.js'
import { lookForSignIn, signInState } from './sign-in-state.js'
import { toastsWanted } from './toasts.js'
import { Workspace } from './workspace.js'

const Toasts = lazyPart(() => import('./toaster.js'))

let looked: Promise<void> | undefined

/** The page: signs in, then shows the conversation of the address. */
export function App() {
  const state = useStore(signInState, (value) => value)
  const wanted = useStore(toastsWanted, (value) => value)
  useEffect(() => {
    looked ??= lookForSignIn()
  }, [])
  return (
    <QueryClientProvider client={queries}>
      <Tooltip.Provider delayDuration={500}>
        {/* oxlint-disable-next-line react/hooks -- wouter wants the hook itself */}
        <Router base={basePath} hook={useLocationBelowOverlays}>
          {state === 'signed in' ? (
            <AddressProvider>
              <Workspace />
            </AddressProvider>
          ) : state === 'looking' ? (
            <p className={styles.opening} role="status">
              {words.app.opening}
            </p>
          ) : (
            <SignIn problem={state} />
          )}
        </Router>
        {wanted && (
          <Part quiet>
            <Toasts />
          </Part>
        )}
        <Announcer />
      </Tooltip.Provider>
    </QueryClientProvider>
  )
}
