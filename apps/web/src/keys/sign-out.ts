import { fail } from '../app/failure.js'
import { signInState } from '../app/sign-in-state.js'
import { forgetConversations } from '../conversation/conversation-store.js'
import { forgetFileNames } from '../conversation/file-names.js'
import { finishDeletions } from '../conversations/deletions.js'
import { forgetDrafts } from '../draft/draft-store.js'
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
  queries.clear()
  forgetConversations()
  forgetDrafts()
  forgetFileNames()
  await forgetUnfinished()
}
