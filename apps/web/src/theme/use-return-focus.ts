import { useState } from 'react'
import { focusInstruction } from '../composer/focus-instruction.js'

/**
 * For dialogs that are opened by something else than a trigger of radix: as `onCloseAutoFocus` it gives the focus back to
 * what had it, or to the instruction when that has gone.
 */
export function useReturnFocus(): (event: Event) => void {
  const [before] = useState(() => document.activeElement)
  return (event) => {
    event.preventDefault()
    // A tool that the dialog has led to may have taken it.
    if (document.activeElement !== document.body && document.activeElement !== null) return
    if (before instanceof HTMLElement && before.isConnected && before !== document.body) before.focus()
    else focusInstruction()
  }
}
