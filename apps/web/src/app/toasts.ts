import type { ExternalToast, toast as showToast } from 'sonner'
import { ExternalStore } from './external-store.js'

/** Whether anything was to be told: what shows it is loaded then, or before in idle time. */
export const toastsWanted = new ExternalStore(false)

type Show = typeof showToast
let shown: Show | null = null
const waiting: ((show: Show) => void)[] = []
let count = 0

function whenThere(act: (show: Show) => void): void {
  if (shown) return act(shown)
  waiting.push(act)
  toastsWanted.set(true)
}

/** What shows toasts is there: it tells what was to be told meanwhile. */
export function toastsAreThere(show: Show): void {
  shown = show
  for (const act of waiting.splice(0)) act(show)
}

const teller =
  (kind?: 'error' | 'success' | 'loading') =>
  (message: string, options: ExternalToast = {}): string | number => {
    const id = options.id ?? `toast-${++count}`
    whenThere((show) => (kind ? show[kind] : show)(message, { ...options, id }))
    return id
  }

/** Tells something in passing, at the edge of the page. The id that it answers lets another one take its place. */
export const toast = Object.assign(teller(), {
  error: teller('error'),
  success: teller('success'),
  /** Stays until another one takes its place, or `dismiss`. */
  loading: teller('loading'),
  dismiss: (id: string | number) => whenThere((show) => void show.dismiss(id)),
})
