import { startTransition, useEffect, useState } from 'react'
import { ExternalStore } from '../app/external-store.js'

/** Whether the thread is being scrolled right now. */
export const scrolling = new ExternalStore(false)

/** False for what appears while the thread is being scrolled, until that rests; then, and otherwise, true for good. */
export function useOnceAtRest(): boolean {
  const [rested, setRested] = useState(() => !scrolling.state)
  useEffect(() => {
    if (rested) return
    const look = () => !scrolling.state && startTransition(() => setRested(true))
    look()
    return scrolling.subscribe(look)
  }, [rested])
  return rested
}
