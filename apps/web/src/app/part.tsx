import { Component, Suspense, useEffect, type ReactNode } from 'react'
import { words } from '../messages/words.js'
import controls from '../theme/controls.module.css'
import { Drawer } from '../theme/drawer.js'
import { forgetFailedParts, PartNotLoaded } from './lazy-part.js'
import styles from './part.module.css'

/** What a {@link Part} needs. */
export interface PartProps {
  children: ReactNode
  /** What stands there until it has come. */
  fallback?: ReactNode
  /** Name of a part that lies over the page: what is said of it lies there, too. Needs `onClose`. */
  title?: string
  /** Whether nothing is said when it fails: it is tried again once the browser is online. */
  quiet?: boolean
  /** Puts it away. */
  onClose?: () => void
}

interface PartState {
  error: unknown
  /** How often it was tried again. */
  tries: number
}

/** A part of the page: it may come later than the others, and when it fails the others go on. */
export class Part extends Component<PartProps, PartState> {
  override state: PartState = { error: null, tries: 0 }

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  override render() {
    const { children, fallback, title, quiet = false, onClose } = this.props
    const { error, tries } = this.state
    if (error === null) return <Suspense fallback={fallback}>{children}</Suspense>
    const problem = (
      <Failed
        quiet={quiet}
        loaded={!(error instanceof PartNotLoaded)}
        // Some browsers remember what could not be loaded for as long as the page is there.
        reload={tries > 0 && navigator.onLine}
        onRetry={() => {
          forgetFailedParts()
          this.setState({ error: null, tries: tries + 1 })
        }}
        onClose={onClose}
      />
    )
    if (!title || !onClose) return problem
    return (
      <Drawer title={title} closeLabel={words.app.close} onClose={onClose}>
        {problem}
      </Drawer>
    )
  }
}

interface FailedProps {
  quiet: boolean
  loaded: boolean
  reload: boolean
  onRetry(): void
  onClose: (() => void) | undefined
}

function Failed({ quiet, loaded, reload, onRetry, onClose }: FailedProps) {
  useEffect(() => {
    if (loaded) return
    window.addEventListener('online', onRetry)
    return () => window.removeEventListener('online', onRetry)
  })
  if (quiet) return null
  return (
    <div className={styles.failed} role="alert">
      <p>{loaded ? words.app.partFailed : words.app.partNotLoaded}</p>
      <div className={styles.ways}>
        <button
          type="button"
          className={controls.plain}
          onClick={() => (reload ? window.location.reload() : onRetry())}
        >
          {reload ? words.app.reload : words.conversation.tryAgain}
        </button>
        {onClose && (
          <button type="button" className={controls.quiet} onClick={onClose}>
            {words.app.close}
          </button>
        )}
      </div>
    </div>
  )
}
