import { ArrowLeft } from 'lucide-react'
import { useIsWide } from '../app/use-media.js'
import { madePictures } from '../conversation/conversation-state.js'
import { useConversationState } from '../conversation/conversation-store.js'
import { Picture } from '../conversation/picture.js'
import { words } from '../messages/words.js'
import { useImage } from '../server/queries.js'
import { IconButton } from '../theme/icon-button.js'
import { useStage } from './stage-store.js'
import styles from './stage.module.css'

/** The current picture, as large as there is room. */
export default function Stage() {
  const { shownId, close } = useStage()
  const wide = useIsWide()
  const made = useConversationState(madePictures).find(({ image }) => image.id === shownId)
  const image = useImage(shownId, made?.image)
  return (
    <>
      {!wide && (
        <header className={styles.bar}>
          <IconButton icon={ArrowLeft} label={words.stage.back} onClick={close} />
        </header>
      )}
      <div className={styles.picture}>
        {image ? (
          <Picture image={image} link="url" alt={made?.turn.instruction ?? ''} />
        ) : (
          <p className={styles.empty}>{words.stage.empty}</p>
        )}
      </div>
    </>
  )
}
