import type { Session } from '@atelier/contracts'
import { maxTitleLength } from '@atelier/contracts/limits'
import { fail } from '../app/failure.js'
import { plainWords } from '../app/plain-words.js'
import { toast } from '../app/toasts.js'
import { shortened } from '../conversation/title.js'
import { charactersOf } from '../draft/obstacle.js'
import { words } from '../messages/words.js'
import { atelier } from '../server/client.js'
import { isSignedOut, queries, queryKeys } from '../server/queries.js'

/** Whether a file looks like an exported conversation; what it holds the server decides. */
export const isArchive = ({ name, type }: File): boolean =>
  /\.zip$/i.test(name) || type === 'application/zip' || type === 'application/x-zip-compressed'

/** Characters that a file system may not like. */
const awkward = /[\\/:*?"<>|\p{Cc}]+/gu

/** Saves a conversation with its pictures as a file. */
export async function exportConversation(id: string, title: string): Promise<void> {
  const note = toast.loading(words.conversations.exporting)
  try {
    const bytes = (await atelier.sessions.export(id)) as Uint8Array<ArrayBuffer>
    const url = URL.createObjectURL(new Blob([bytes], { type: 'application/zip' }))
    const link = document.createElement('a')
    link.href = url
    link.download = `${shortened(title.replace(awkward, ' ').trim(), 80) || id}.zip`
    link.click()
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
    toast.success(words.conversations.exported, { id: note })
  } catch (error) {
    told(error, note)
  }
}

/** Makes a conversation from a file; null when it is refused, which the person is told. */
async function importConversation(file: File): Promise<Session | null> {
  if (!isArchive(file)) {
    toast.error(words.conversations.notAnArchive(file.name))
    return null
  }
  const note = toast.loading(words.conversations.importing(file.name))
  try {
    const session = await atelier.sessions.import(file)
    await queries.invalidateQueries({ queryKey: queryKeys.sessions })
    toast.success(words.conversations.imported(session.title ?? words.app.untitled), { id: note })
    return session
  } catch (error) {
    told(error, note)
    return null
  }
}

/** Makes conversations from files, one after the other. @returns the last one that was made, or null */
export async function importConversations(files: readonly File[]): Promise<Session | null> {
  let last: Session | null = null
  for (const file of files) last = (await importConversation(file)) ?? last
  return last
}

/** Makes a copy of a whole conversation; null when it is refused, which the person is told. */
export async function duplicateConversation(id: string, title: string): Promise<Session | null> {
  const note = toast.loading(words.conversations.duplicating)
  try {
    const { copyOf } = words.conversations
    const name = copyOf(shortened(title, maxTitleLength - charactersOf(copyOf(''))))
    const session = await atelier.sessions.fork(id, { title: name })
    await queries.invalidateQueries({ queryKey: queryKeys.sessions })
    toast.success(words.conversations.duplicated, { id: note })
    return session
  } catch (error) {
    told(error, note)
    return null
  }
}

function told(error: unknown, note: string | number): void {
  if (isSignedOut(error)) {
    toast.dismiss(note)
    fail(error)
  } else toast.error(plainWords(error), { id: note })
}
