/** For `onOpenAutoFocus` of a dialog: the dialog itself gets the focus, because its first button would show its tooltip. */
export function focusItself(event: Event): void {
  event.preventDefault()
  if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus({ preventScroll: true })
}
