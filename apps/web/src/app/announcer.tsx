import { ExternalStore, useStore } from './external-store.js'

const announcements = new ExternalStore<{ text: string; count: number }>({ text: '', count: 0 })

/** Says something to screen readers, politely: after what they are saying. The same words twice are said twice. */
export function announce(text: string): void {
  announcements.set(({ count }) => ({ text, count: count + 1 }))
}

/** Where {@link announce} speaks. Once on the page. */
export function Announcer() {
  const { text, count } = useStore(announcements, (state) => state)
  return (
    <p className="hidden" role="status" aria-live="polite" data-announcer>
      {/* An odd and an even text differ by an invisible character, so that a repeated one is news. */}
      {count % 2 ? `${text}\u00a0` : text}
    </p>
  )
}
