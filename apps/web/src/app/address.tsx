import { createContext, useContext, useMemo, type ReactNode } from 'react'
import { useLocation } from 'wouter'

/** Path below which the page lives, without a slash at its end: `` or `/atelier` (the API's `BASE_PATH`). */
export const basePath = new URL(document.baseURI).pathname.replace(/\/+$/, '')

/** What all names begin with under which this browser keeps something: another Atelier may be on the same host. */
export const keptUnder = `atelier${basePath}`

/** Which conversation and turn the address names. */
export interface Address {
  /** Whether it names something that the page has, be it there or not. */
  known: boolean
  /** Null: a new conversation. */
  sessionId: string | null
  /** The turn that a deep link points to, or null. */
  turnId: string | null
}

// Whether there is such a turn the server says: a link that was cut still leads to its conversation.
const pattern = /^\/c\/(ses_[0-9a-z]{16})(?:\/t\/([^/]+))?\/?$/
/** Where the page begins. */
const beginnings = new Set(['', '/', '/index.html'])

/** The path of a conversation, or of one turn in it, below {@link basePath}; null: that of a new conversation. */
export function pathOf(sessionId: string | null, turnId?: string | null): string {
  if (!sessionId) return '/'
  return turnId ? `/c/${sessionId}/t/${turnId}` : `/c/${sessionId}`
}

/** A whole address that others can open. */
export const linkTo = (sessionId: string, turnId?: string | null): string =>
  `${window.location.origin}${basePath}${pathOf(sessionId, turnId)}`

/** What a path below {@link basePath} names. */
export function addressOf(path: string): Address {
  const [, sessionId = null, turnId = null] = pattern.exec(path) ?? []
  return { sessionId, turnId, known: sessionId !== null || beginnings.has(path) }
}

/** Goes to a conversation or a turn. `replace` leaves no entry in the browser's history. */
export type GoTo = (sessionId: string | null, turnId?: string | null, options?: { replace?: boolean }) => void

const AddressContext = createContext<Address & { goTo: GoTo }>({ ...addressOf('/'), goTo: () => {} })

/** Reads the address once for the whole page, whose small parts all want to know it. */
export function AddressProvider({ children }: { children: ReactNode }) {
  const [path, navigate] = useLocation()
  const value = useMemo(() => {
    const goTo: GoTo = (sessionId, turnId, options) => navigate(pathOf(sessionId, turnId), options)
    return { ...addressOf(path), goTo }
  }, [path, navigate])
  return <AddressContext value={value}>{children}</AddressContext>
}

/** What the address names now, and how to leave it. */
export const useAddress = (): Address & { goTo: GoTo } => useContext(AddressContext)

/** See {@link GoTo}. */
export const useGoTo = (): GoTo => useContext(AddressContext).goTo

/** Addresses of earlier versions, `/#ses_…`, become paths. Called once, before anything reads the address. */
export function redirectOldAddress(): void {
  const sessionId = /^#(ses_[0-9a-z]{16})$/.exec(window.location.hash)?.[1]
  if (sessionId) window.history.replaceState(null, '', basePath + pathOf(sessionId))
}
