import { keptUnder } from '../app/address.js'
import { ExternalStore } from '../app/external-store.js'
import { plainInstruction } from '../conversation/mentions.js'
import { words } from '../messages/words.js'
import { emptyDraft, isEmptyDraft, reopened, type Draft } from './draft.js'

const prefix = `${keptUnder}.draft.`
/** Drafts beyond this are forgotten, the oldest first. */
const maxDrafts = 50

/** The name of a conversation's draft; the one of a new conversation is `new`. */
export const draftKey = (sessionId: string | null): string => sessionId ?? 'new'

/** How long writing to the browser's storage waits, in milliseconds. */
const writeMs = 250

const stores = new Map<string, ExternalStore<Draft>>()
const unwritten = new Map<string, () => void>()

function later(key: string, act: () => void): void {
  const once = () => {
    if (unwritten.get(key) !== once) return
    unwritten.delete(key)
    act()
  }
  unwritten.set(key, once)
  setTimeout(once, writeMs)
}
window.addEventListener('pagehide', () => unwritten.forEach((act) => act()))

/** The draft of a conversation. It is kept in this browser, so that a reload loses nothing. */
export function draftStore(sessionId: string | null): ExternalStore<Draft> {
  const key = draftKey(sessionId)
  let store = stores.get(key)
  if (!store) {
    store = new ExternalStore(read(key))
    stores.set(key, store)
    let waiting = false
    store.subscribe(() => {
      if (waiting) return
      waiting = true
      // After a pause, so that typing waits for nothing; at the latest when the page goes away.
      later(key, () => {
        waiting = false
        write(key, store!.state)
      })
    })
  }
  return store
}

/** Gives the draft of one conversation to another: a new conversation has got its id. */
export function moveDraft(from: string | null, to: string): void {
  draftStore(to).set(draftStore(from).state)
  draftStore(from).set(emptyDraft)
}

/** Whether anything is written in a draft that {@link moveText} would move. */
export const hasText = (draft: Draft): boolean => textsOf(draft).length > 0

const textsOf = ({ text, refused = [] }: Draft): string[] =>
  [...refused.flatMap(({ turn, inField }) => (inField ? [] : turn.text)), text].filter((one) => one.trim())

/** Gives the words of one conversation's draft to another, behind its own; pictures stay behind: they may be gone. */
export function moveText(from: string | null, to: string | null): void {
  const texts = textsOf(draftStore(from).state)
  draftStore(from).set(emptyDraft)
  draftStore(to).set((draft) => ({
    ...draft,
    text: [draft.text, ...texts.map(plainInstruction)].filter((text) => text.trim()).join('\n'),
  }))
}

/** Forgets all drafts of this browser: for signing out. */
export function forgetDrafts(): void {
  for (const store of stores.values()) store.set(emptyDraft)
  for (const key of keys()) localStorage.removeItem(key)
}

/** Lets go of what this page holds, and leaves what is kept in the browser as it is. */
export function dropDrafts(): void {
  unwritten.clear()
  stores.clear()
}

let closed = false

/** Writes nothing any more until the page is loaded again: what it holds is somebody else's. */
export function closeDrafts(): void {
  closed = true
  unwritten.clear()
}

function keys(): string[] {
  return Array.from({ length: localStorage.length }, (_, index) => localStorage.key(index) ?? '').filter((key) =>
    key.startsWith(prefix),
  )
}

function read(key: string): Draft {
  try {
    const { draft } = JSON.parse(localStorage.getItem(prefix + key) ?? '{}') as { draft?: Partial<Draft> }
    return reopened({ ...emptyDraft, ...draft }, words.composer.interrupted)
  } catch {
    return emptyDraft
  }
}

function write(key: string, draft: Draft): void {
  if (closed) return
  try {
    if (isEmptyDraft(draft)) return localStorage.removeItem(prefix + key)
    localStorage.setItem(prefix + key, JSON.stringify({ draft, at: Date.now() }))
    const kept = keys()
    if (kept.length > maxDrafts) localStorage.removeItem(oldest(kept))
  } catch {
    // A browser without room, or one that keeps nothing: the draft lives as long as the page.
  }
}

function oldest(kept: string[]): string {
  const at = (key: string) => (JSON.parse(localStorage.getItem(key) ?? '{}') as { at?: number }).at ?? 0
  return kept.reduce((a, b) => (at(a) <= at(b) ? a : b))
}
