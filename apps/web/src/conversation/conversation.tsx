import { useCallback } from 'react'
import { useAddress, useGoTo } from '../app/address.js'
import { Composer } from '../composer/composer.js'
import { useUploads } from '../composer/use-uploads.js'
import { importConversations, isArchive } from '../conversations/archives.js'
import { useDraftActions } from '../draft/use-draft.js'
import { words } from '../messages/words.js'
import { shownIdOf, stageStore } from '../stage/stage-store.js'
import { useConversationState } from './conversation-store.js'
import { DropArea, useDroppedFiles } from './drop-area.js'
import { Problem } from '../theme/problem.js'
import styles from './conversation.module.css'
import { Elsewhere } from './elsewhere.js'
import { Thread } from './thread.js'

/** The thread and the composer below it. Pictures and exported conversations can be dropped anywhere on them. */
export function Conversation() {
  const { sessionId, turnId } = useAddress()
  const { addImage } = useDraftActions()
  const onUploaded = useCallback(
    (imageId: string) => {
      const first = shownIdOf(sessionId) === null
      addImage(imageId)
      // On an empty stage a picture of one's own is shown, to paint on it.
      if (first) stageStore(sessionId).set((stage) => ({ ...stage, imageId }))
    },
    [sessionId, addImage],
  )
  const lostTurn = useConversationState((state) => state.lostTurn)
  const uploads = useUploads(onUploaded)
  const goTo = useGoTo()
  useDroppedFiles((files) => {
    uploads.upload(files.filter((file) => !isArchive(file)))
    void importConversations(files.filter(isArchive)).then((session) => session && goTo(session.id))
  })
  return (
    <DropArea>
      {(chooseFiles) => (
        <>
          <Thread />
          {lostTurn !== null && lostTurn === turnId && (
            <div className={styles.note}>
              <Problem text={words.conversation.lostTurn} onDismiss={() => goTo(sessionId, null, { replace: true })} />
            </div>
          )}
          <Elsewhere />
          <Composer uploads={uploads} chooseFiles={chooseFiles} />
        </>
      )}
    </DropArea>
  )
}
