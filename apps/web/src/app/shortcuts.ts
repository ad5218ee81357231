import { useEffect, useRef } from 'react'
import { ExternalStore } from './external-store.js'

/** A key and what it does. */
export interface Shortcut {
  /**
   * Keys as `KeyboardEvent.key` has them, with modifiers in front: `?`, `ArrowLeft`, `Mod+z` (Ctrl, or ⌘ on a Mac),
   * `Shift+ArrowUp`. A letter means the key with or without Shift, unless `Shift+` is asked for.
   */
  keys: string
  /** What it does, for the sheet of shortcuts. */
  label: string
  /** Under which heading of the sheet it stands: `words.shortcuts.groups`. */
  group: 'everywhere' | 'stage' | 'mask'
  run(event: KeyboardEvent): void
  /** Works while text is written, too. Only for keys with `Mod`. Default false. */
  whileWriting?: boolean
}

/** The shortcuts that work now, in the order in which their parts of the page appeared. */
export const shortcuts = new ExternalStore<readonly Shortcut[]>([])

/** The keys that move a slider. */
const sliderKeys = /^(Arrow|Page|Home|End)/

/** Whether a key belongs to a field in which text is written, or to a slider. */
function isTaken(event: KeyboardEvent): boolean {
  const { target } = event
  if (!(target instanceof HTMLElement)) return false
  if (target.matches('[role="slider"]')) return sliderKeys.test(event.key)
  return target.isContentEditable || target.matches('input, textarea, select')
}
/** Whether a key belongs to a menu or dialog, unless something in it (`data-shortcuts`) has keys of its own. */
const isInLayer = ({ target }: KeyboardEvent): boolean =>
  target instanceof Element &&
  target.closest('[role="menu"], [role="dialog"]:not(:has([data-shortcuts])), [role="alertdialog"]') !== null

/** The single keys of `Mod+z`, `+` or `Mod++`. */
export const keysOf = (keys: string): string[] => keys.split(/(?<=.)\+(?=.)/)

function matches(keys: string, event: KeyboardEvent): boolean {
  const parts = keysOf(keys)
  const key = parts.pop()!
  const mod = event.ctrlKey || event.metaKey
  if (parts.includes('Mod') !== mod || event.altKey) return false
  if (parts.includes('Shift') && !event.shiftKey) return false
  if ((mod || key.length > 1) && event.shiftKey !== parts.includes('Shift')) return false
  return event.key.toLowerCase() === key.toLowerCase()
}

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing) return
  const writing = isTaken(event)
  // The one that was added last is the innermost: a tool comes before the page.
  const found = shortcuts.state.toReversed().find(({ keys, whileWriting = false }) => {
    return matches(keys, event) && (whileWriting || !writing) && !isInLayer(event)
  })
  if (!found) return
  event.preventDefault()
  found.run(event)
})

/** Makes keys work while the component is there, and lists them in the sheet. */
export function useShortcuts(list: readonly Shortcut[], enabled = true): void {
  const latest = useRef(list)
  useEffect(() => {
    latest.current = list
  })
  const keys = list.map((shortcut) => shortcut.keys).join(' ')
  useEffect(() => {
    if (!enabled || !keys) return
    const mine = latest.current.map((shortcut, index) => ({
      ...shortcut,
      run: (event: KeyboardEvent) => latest.current[index]?.run(event),
    }))
    shortcuts.set((all) => [...all, ...mine])
    return () => shortcuts.set((all) => all.filter((shortcut) => !mine.includes(shortcut)))
  }, [enabled, keys])
}
