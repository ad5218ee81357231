import { ExternalStore } from '../app/external-store.js'

/** The turn that the thread was last asked to go to, in an object of its own each time. */
export const revealedTurn = new ExternalStore<{ id: string } | null>(null)

/** Lets the thread go to a turn of the path that it shows, and gives that turn the focus. */
export const revealTurn = (id: string): void => revealedTurn.set({ id })
