import { createContext, useContext, useMemo, type ReactNode } from 'react'
import { useLocation } from 'wouter'

/** Path below which the page lives, without a slash at its end: `` or `/atelier` (the API's `BASE_PATH`). */
export const basePath = new URL(document.baseURI).pathname.replace(/\/+$/, '')

/** Which conversation and turn the address names. */
export interface Address {
  /** Null: a new conversation. */
  sessionId: string | null
  /** The turn that a deep link points to, or null. */
  turnId: string | null
}

const pattern = /^\/c\/(ses_[0-9a-z]{16})(?:\/t\/(trn_[0-9a-z]{16}))?\/?$/

/** The path of a conversation, or of one turn in it, below {@link basePath}; null: that of a new conversation. */
export function pathOf(sessionId: string | null, turnId?: string | null): string {
  if (!sessionId) return '/'
  return turnId ? `/c/${sessionId}/t/${turnId}` : `/c/${sessionId}`
}

/** A whole address that others can open. */
export const linkTo = (sessionId: string, turnId?: string | null): string =>
  `${window.location.origin}${basePath}${pathOf(sessionId, turnId)}`

/** What a path below {@link basePath} names; null: nothing that the page has. */
export function addressOf(path: string): Address | null {
  if (path === '/' || path === '') return { sessionId: null, turnId: null }
  const found = pattern.exec(path)
  return found ? { sessionId: found[1]!, turnId: found[2] ?? null } : null
}

/** Goes to a conversation or a turn. `replace` leaves no entry in the browser's history. */
export type GoTo = (sessionId: string | null, turnId?: string | null, options?: { replace?: boolean }) => void

const AddressContext = createContext<Address & { goTo: GoTo }>({ sessionId: null, turnId: null, goTo: () => {} })

/** Reads the address once for the whole page, whose small parts all want to know it. */
export function AddressProvider({ children }: { children: ReactNode }) {
  const [path, navigate] = useLocation()
  const value = useMemo(() => {
    const goTo: GoTo = (sessionId, turnId, options) => navigate(pathOf(sessionId, turnId), options)
    // An unknown path counts as a new conversation.
    return { sessionId: null, turnId: null, ...addressOf(path), goTo }
  }, [path, navigate])
  return <AddressContext value={value}>{children}</AddressContext>
}

/** What the address names now. */
export const useAddress = (): Address => useContext(AddressContext)

/** See {@link GoTo}. */
export const useGoTo = (): GoTo => useContext(AddressContext).goTo

/** Addresses of earlier versions, `/#ses_…`, become paths. Called once, before anything reads the address. */
export function redirectOldAddress(): void {
  const sessionId = /^#(ses_[0-9a-z]{16})$/.exec(window.location.hash)?.[1]
  if (sessionId) window.history.replaceState(null, '', basePath + pathOf(sessionId))
}
