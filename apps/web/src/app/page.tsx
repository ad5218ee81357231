import { QueryClientProvider } from '@tanstack/react-query'
import { Tooltip } from 'radix-ui'
import { useEffect, type ReactNode } from 'react'
import { Router } from 'wouter'
import { words } from '../messages/words.js'
import { queries } from '../server/queries.js'
import { basePath } from './address.js'
import { Announcer } from './announcer.js'
import styles from './page.module.css'
import { useStore } from './external-store.js'
import { lazyPart } from './lazy-part.js'
import { useLocationBelowOverlays } from './overlays.js'
import { Part } from './part.js'
import { SignIn } from './sign-in.js'
import { lookForSignIn, signInState } from './sign-in-state.js'
import { toastsWanted } from './toasts.js'

const Toasts = lazyPart(() => import('./toaster.js'))

let looked: Promise<void> | undefined

/** What every page stands in: signs in first, then shows `children`, beside them what is told in passing. */
export function Page({ children }: { children: ReactNode }) {
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
            children
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
