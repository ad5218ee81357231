import { Component, Suspense, type ReactNode } from 'react'
import { words } from '../messages/words.js'
import controls from '../theme/controls.module.css'
import styles from './part.module.css'

/** A part of the page: it may come later than the others, and when it fails the others go on. */
export class Part extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError() {
    return { failed: true }
  }

  override render() {
    if (!this.state.failed) return <Suspense>{this.props.children}</Suspense>
    return (
      <div className={styles.failed} role="alert">
        <p>{words.app.partFailed}</p>
        <button type="button" className={controls.plain} onClick={() => this.setState({ failed: false })}>
          {words.conversation.tryAgain}
        </button>
      </div>
    )
  }
}
