import type { TurnOutlook } from '@atelier/contracts'
import { plainWords } from '../app/plain-words.js'
import { Picture } from '../conversation/picture.js'
import { words } from '../messages/words.js'
import { useImage } from '../server/queries.js'
import controls from '../theme/controls.module.css'
import styles from './what-model-sees.module.css'

/** What the model will see when the draft is sent: the turns of the history, oldest first, and the new one. */
export function WhatModelSees({ outlook, error }: { outlook: TurnOutlook | undefined; error: unknown }) {
  return (
    <section className={styles.outlook} aria-live="polite">
      <h3>{words.settings.outlook}</h3>
      {error ? <p className={controls.problem}>{plainWords(error)}</p> : null}
      <ol>
        {outlook?.lcu.map(({ turnId, instruction, images }) => (
          <li key={turnId ?? 'new'} data-new={turnId === null || undefined}>
            {images.map(({ imageId, indicator }) => (
              <Frame key={indicator} imageId={imageId} indicator={indicator} />
            ))}
            <span dir="auto">{instruction || words.settings.outlookNew}</span>
          </li>
        ))}
      </ol>
      {outlook && outlook.historyDropped.length > 0 && (
        <p className={styles.dropped}>{words.settings.dropped(outlook.historyDropped.length)}</p>
      )}
    </section>
  )
}

function Frame({ imageId, indicator }: { imageId: string; indicator: string }) {
  const image = useImage(imageId)
  return (
    <span className={styles.frame} title={indicator}>
      {image && <Picture image={image} link="thumbnailUrl" alt={indicator} />}
    </span>
  )
}
