import { useEffect, useRef } from 'react'
import { navigate, useBrowserLocation, type BrowserLocationHook } from 'wouter/use-browser-location'

/** Closes something. @returns false: not now, it stays */
type Close = () => boolean | void
/** What lies over the page, the innermost last: how to close each. */
const open: Close[] = []
/** Whether the browser is on its way through its history because of {@link meet}. */
let travelling = false
let planned = false

/** How many entries of the browser's history above the page's own one it stands at: one for each overlay. */
const entries = (): number => (window.history.state as { overlays?: number } | null)?.overlays ?? 0

/** Makes the browser's history have one entry for each overlay. */
function meet(): void {
  planned = false
  if (travelling) return
  const extra = entries() - open.length
  if (extra > 0) {
    travelling = true
    window.history.go(-extra)
  }
  for (let n = entries() + 1; n <= open.length; n++) window.history.pushState({ overlays: n }, '')
}

/** Not at once: what closes one overlay often opens another, which then takes over its entry. */
function meetSoon(): void {
  if (planned) return
  planned = true
  setTimeout(meet)
}

window.addEventListener('popstate', () => {
  if (travelling) {
    travelling = false
    return meetSoon()
  }
  const staying: Close[] = []
  while (open.length > entries()) {
    const close = open.pop()!
    if (close() === false) staying.unshift(close)
  }
  if (!staying.length) return
  open.push(...staying)
  // They have lost their entries.
  meetSoon()
})
// After a reload nothing is open.
meetSoon()

/**
 * Lets the browser's Back, which on a phone is a gesture, close what lies over the page instead of leaving the conversation.
 *
 * @param close - called by Back; false: it stays
 * @param isOpen - whether there is something to close; default: as long as the component is there
 */
export function useBackCloses(close: Close, isOpen = true): void {
  const latest = useRef(close)
  useEffect(() => {
    latest.current = close
  })
  useEffect(() => {
    if (!isOpen) return
    const entry = () => latest.current()
    open.push(entry)
    meetSoon()
    return () => {
      const index = open.indexOf(entry)
      if (index < 0) return
      open.splice(index, 1)
      meetSoon()
    }
  }, [isOpen])
}

const goTo: typeof navigate = (to, options) =>
  navigate(to, { ...options, replace: options?.replace === true || entries() > 0 })

/** The address, for wouter: a step to another one takes the place of the overlay that it was made in. */
export const useLocationBelowOverlays: BrowserLocationHook = (options) => [useBrowserLocation(options)[0], goTo]
