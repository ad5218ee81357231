import { fail } from '../app/failure.js'
import { signInState, signInTabs } from '../app/sign-in-state.js'
import { forgetConversations } from '../conversation/conversation-store.js'
import { dropFileNames, forgetFileNames } from '../conversation/file-names.js'
import { finishDeletions } from '../conversations/deletions.js'
import { dropDrafts, forgetDrafts } from '../draft/draft-store.js'
import { forgetUnfinished } from '../draft/unfinished.js'
import { atelier } from '../server/client.js'
import { queries } from '../server/queries.js'

/** Signs this browser out. Nothing of the person stays in it: the next one at this machine may be somebody else. */
export async function signOut(): Promise<void> {
  try {
    await finishDeletions()
    await atelier.browserSessions.signOut()
  } catch (error) {
    return fail(error)
  }
  signInState.set('out')
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has none
  signInTabs.postMessage('out')
  queries.clear()
  forgetConversations()
  forgetDrafts()
  forgetFileNames()
  await forgetUnfinished()
}

let heardOut = false
signInTabs.addEventListener('message', ({ data }: MessageEvent<'in' | 'out'>) => {
  heardOut = data === 'out'
})
// What this tab still held would be kept again as soon as it changes. What the browser keeps, the tab that signed out has
// cleared; by now it may be of somebody who has signed in since.
signInState.subscribe(() => {
  if (!heardOut || signInState.state !== 'ended') return
  heardOut = false
  queries.clear()
  forgetConversations()
  dropDrafts()
  dropFileNames()
})
