import { useCallback } from 'react'
import { useDropzone } from 'react-dropzone'
import { useAddress, useGoTo } from '../app/address.js'
import { Composer } from '../composer/composer.js'
import { pictureTypes, useUploads } from '../composer/use-uploads.js'
import { importConversations, isArchive } from '../conversations/archives.js'
import { useDraftActions } from '../draft/use-draft.js'
import { words } from '../messages/words.js'
import { shownIdOf, stageStore } from '../stage/stage-store.js'
import { useConversationState } from './conversation-store.js'
import styles from './conversation.module.css'
import { Problem } from '../theme/problem.js'
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
  const take = async (files: File[]) => {
    void uploads.upload(files.filter((file) => !isArchive(file)))
    const session = await importConversations(files.filter(isArchive))
    if (session) goTo(session.id)
  }
  const dropzone = useDropzone({
    // Refused files are named with the reason, like those that the server refuses.
    onDrop: (accepted, refused) => void take([...accepted, ...refused.map(({ file }) => file)]),
    accept: pictureTypes,
    noClick: true,
    noKeyboard: true,
  })
  return (
    <div {...dropzone.getRootProps({ className: styles.conversation })} role={undefined}>
      <input {...dropzone.getInputProps({ 'aria-hidden': true, tabIndex: -1 })} />
      {dropzone.isDragActive && <p className={styles.drop}>{words.composer.dropHere}</p>}
      <Thread />
      {lostTurn !== null && lostTurn === turnId && (
        <Problem text={words.conversation.lostTurn} onDismiss={() => goTo(sessionId, null, { replace: true })} />
      )}
      <Elsewhere />
      <Composer uploads={uploads} chooseFiles={dropzone.open} />
    </div>
  )
}
