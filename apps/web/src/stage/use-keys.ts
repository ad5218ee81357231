import { useEffect, useEffectEvent } from 'react'

/** What keys do, by their names: `b`, `[`, `escape`, `mod+z`, `mod+shift+z`. `mod` is Ctrl, on Apple's machines Cmd. */
export type Keys = Record<string, (event: KeyboardEvent) => void>

const typed = 'input:not([type="range"]), textarea, select, [contenteditable="true"]'
const layers = '[role="dialog"], [role="menu"], [role="listbox"]'

function nameOf(event: KeyboardEvent): string {
  const key = event.key.toLowerCase()
  const mod = event.ctrlKey || event.metaKey
  // the shift that a sign needs on some keyboards is no shift of its own
  const shift = event.shiftKey && (mod || key.length > 1)
  return `${mod ? 'mod+' : ''}${shift ? 'shift+' : ''}${key}`
}

/**
 * Listens for keys while the component is there, except where somebody types, and except below a dialog or menu.
 *
 * @param within - a selector: only in what it matches, such as a dialog of one's own
 */
export function useKeys(keys: Keys, within?: string): void {
  const pressed = useEffectEvent((event: KeyboardEvent) => {
    const { target } = event
    const act = keys[nameOf(event)]
    if (!act || event.defaultPrevented || event.altKey || !(target instanceof Element)) return
    if (target.closest(typed)) return
    if (within ? !document.querySelector(within) : document.querySelector(layers)) return
    event.preventDefault()
    act(event)
  })
  useEffect(() => {
    const listen = (event: KeyboardEvent) => pressed(event)
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [])
}
