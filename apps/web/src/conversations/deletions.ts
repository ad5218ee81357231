import { AtelierApiError } from '@atelier/client'
import { keptUnder } from '../app/address.js'
import { announce } from '../app/announcer.js'
import { ExternalStore } from '../app/external-store.js'
import { fail } from '../app/failure.js'
import { toast } from '../app/toasts.js'
import { keptConversation } from '../conversation/conversation-store.js'
import { words } from '../messages/words.js'
import { atelier } from '../server/client.js'
import { queries, queryKeys } from '../server/queries.js'

/** How long a deletion can be undone, in milliseconds. */
export const undoMs = 8_000
/** How much later other tabs carry it out, in milliseconds, in case that the one in which it was chosen is gone. */
const headStartMs = 2_000
const place = `${keptUnder}.deletions`

/**
 * When each conversation will be deleted, in milliseconds since 1970, by its id. Until then it is only hidden. Kept in this
 * browser, so that a reload neither brings it back nor takes the person's word for nothing.
 */
export const deletions = new ExternalStore<Readonly<Record<string, number>>>(kept())
deletions.subscribe(() => {
  try {
    localStorage.setItem(place, JSON.stringify(deletions.state))
  } catch {
    // Without room it is deleted all the same, unless the page is closed before.
  }
})

function kept(): Record<string, number> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(place) ?? '{}')
    return Object.fromEntries(Object.entries(value ?? {}).filter(([, at]) => typeof at === 'number'))
  } catch {
    return {}
  }
}

/** Tells the other tabs of this browser which conversation has been deleted. */
const tabs = new BroadcastChannel(`${keptUnder}.deleted`)
tabs.addEventListener('message', ({ data }: MessageEvent<string>) => {
  keptConversation(data)?.change({ type: 'missing' })
  void queries.invalidateQueries({ queryKey: queryKeys.sessions })
})

const timers = new Map<string, ReturnType<typeof setTimeout>>()

// Another tab has chosen a deletion, taken one back or carried one out. What is to be shown again is asked for first, or the row of
// one that has been carried out would come back for a moment.
window.addEventListener('storage', ({ key }) => {
  if (key === place) void follow()
})

async function follow(): Promise<void> {
  const now = kept()
  const ended = Object.keys(deletions.state).filter((id) => !(id in now))
  for (const id of ended) stop(id)
  if (ended.length) await queries.invalidateQueries({ queryKey: queryKeys.sessions })
  deletions.set(kept())
  resumeDeletions()
}

function stop(id: string): void {
  clearTimeout(timers.get(id))
  timers.delete(id)
}

function schedule(id: string, at: number): void {
  clearTimeout(timers.get(id))
  timers.set(
    id,
    setTimeout(() => void carryOut(id), Math.max(0, at - Date.now())),
  )
}

function forget(id: string): void {
  stop(id)
  deletions.set(({ [id]: _gone, ...others }) => others)
}

async function carryOut(id: string): Promise<void> {
  try {
    await atelier.sessions.delete(id).catch((error: unknown) => {
      // Another tab was faster.
      if (!(error instanceof AtelierApiError && error.code === 'not_found')) throw error
    })
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has none
    tabs.postMessage(id)
    await queries.invalidateQueries({ queryKey: queryKeys.sessions })
  } catch (error) {
    fail(error)
  }
  forget(id)
}

/** Hides a conversation, and deletes it when the person has not changed their mind. */
export function deleteLater(id: string, title: string, { onUndo }: { onUndo(): void }): void {
  const at = Date.now() + undoMs
  deletions.set((before) => ({ ...before, [id]: at }))
  schedule(id, at)
  announce(words.conversations.deleted(title))
  toast(words.conversations.deleted(title), {
    id,
    duration: undoMs,
    action: {
      label: words.conversations.undo,
      onClick: () => {
        forget(id)
        announce(words.conversations.restored(title))
        onUndo()
      },
    },
  })
}

/** Goes on with the deletions that a closed page has left, unless the tab in which they were chosen carries them out. */
export function resumeDeletions(): void {
  for (const [id, at] of Object.entries(deletions.state)) if (!timers.has(id)) schedule(id, at + headStartMs)
}

/** Carries out what is still waiting: for signing out. */
export async function finishDeletions(): Promise<void> {
  const ids = Object.keys(deletions.state)
  for (const id of ids) toast.dismiss(id)
  await Promise.all(ids.map(carryOut))
}
