import { useEffect } from 'react'
import { toast, Toaster } from 'sonner'
import styles from './page.module.css'
import { toastsAreThere } from './toasts.js'

/** Where toasts appear. */
export default function Toasts() {
  // The toaster within listens by now: what is told before that is lost.
  useEffect(() => toastsAreThere(toast), [])
  return <Toaster position="bottom-right" theme="system" closeButton toastOptions={{ className: styles.toast! }} />
}
