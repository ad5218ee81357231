import { useSyncExternalStore } from 'react'

/** A value outside React that components follow: each renders again only when what it selects has changed. */
export class ExternalStore<State> {
  private readonly listeners = new Set<() => void>()

  constructor(private current: State) {}

  /** The value now. */
  get state(): State {
    return this.current
  }

  /** Whether anybody wants to know of changes. */
  get followed(): boolean {
    return this.listeners.size > 0
  }

  /** Changes the value. The same value again changes nothing. */
  set(next: State | ((before: State) => State)): void {
    const state = typeof next === 'function' ? (next as (before: State) => State)(this.current) : next
    if (Object.is(state, this.current)) return
    this.current = state
    for (const listener of this.listeners) listener()
  }

  /** Calls back after each change. @returns what ends it */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }
}

/**
 * A part of a store's value.
 *
 * @param select - must give the same object for the same value: build new ones with `useMemo` from what this returns
 */
export function useStore<State, Part>(store: ExternalStore<State>, select: (state: State) => Part): Part {
  return useSyncExternalStore(store.subscribe, () => select(store.state))
}
