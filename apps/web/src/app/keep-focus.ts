/** What may take the focus when the element that had it is gone: parts of the page, from the innermost. */
const places = 'article, [role="group"], li, section, nav, form, main'

/**
 * Keeps the focus from being lost. When the focused element goes away, the nearest part of the page around it that is
 * still there takes the focus, so that the keyboard and a screen reader go on from there.
 */
export function keepFocus(): void {
  let around: HTMLElement[] = []
  let last: Element | null = null
  document.addEventListener('focusin', ({ target }) => {
    last = target as Element
    around = []
    for (let place = last.closest<HTMLElement>(places); place; place = place.parentElement?.closest(places) ?? null)
      around.push(place)
  })
  const check = () => {
    if (!last || last.isConnected || document.activeElement !== document.body) return
    const place = around.find((element) => element.isConnected)
    last = null
    if (!place) return
    if (!place.hasAttribute('tabindex')) place.tabIndex = -1
    place.focus({ preventScroll: true })
  }
  // After a dialog or menu that gives the focus back by itself has done so.
  new MutationObserver(() => last && !last.isConnected && setTimeout(check, 50)).observe(document.body, {
    childList: true,
    subtree: true,
  })
}
