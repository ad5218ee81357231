import type { FocusEvent } from 'react'

let byTab = false
document.addEventListener('keydown', ({ key }) => void (byTab = key === 'Tab'), true)
document.addEventListener('pointerdown', () => void (byTab = false), true)

/**
 * As `onFocus` of a tooltip's trigger: a tip opens for whoever comes by Tab, not where the focus is put by the page, such as
 * on a button whose dialog has closed.
 */
export function tipOnlyByTab(event: FocusEvent): void {
  if (!byTab) event.preventDefault()
}
