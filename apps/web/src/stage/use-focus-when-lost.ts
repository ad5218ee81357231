import { useEffect, type RefObject } from 'react'

/** Focuses an element when it appears, if what had the focus has gone; so the keys go on where the eyes are. */
export function useFocusWhenLost(element: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    if (document.activeElement === document.body) element.current?.focus({ preventScroll: true })
  }, [element])
}
