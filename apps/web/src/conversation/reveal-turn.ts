import { ExternalStore } from '../app/external-store.js'

/** The turn that the thread was last asked to go to, in an object of its own each time. */
export const revealedTurn = new ExternalStore<{ id: string } | null>(null)

/** Lets the thread go to a turn of the path that it shows, and gives that turn the focus. */
export const revealTurn = (id: string): void => revealedTurn.set({ id })

/** How long a dialog that closes takes to give its focus back, and the list to draw a turn, in milliseconds. */
const settleMs = 100

/**
 * Puts the focus on a turn of the thread once everything has settled. Whoever presses something before that has gone on
 * elsewhere and is left there.
 */
export function focusTurn(id: string): void {
  const settled = new AbortController()
  const timer = setTimeout(() => {
    settled.abort()
    const turn = document.querySelector<HTMLElement>(`[data-turn="${id}"]`)
    if (!turn) return
    turn.tabIndex = -1
    turn.focus({ preventScroll: true })
  }, settleMs)
  const leave = () => {
    settled.abort()
    clearTimeout(timer)
  }
  for (const type of ['pointerdown', 'keydown'])
    window.addEventListener(type, leave, { capture: true, signal: settled.signal })
}
