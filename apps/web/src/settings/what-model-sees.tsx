import type { TurnOutlook } from '@atelier/contracts'
import { plainWords } from '../app/plain-words.js'
import { usePictureName } from '../conversation/picture-names.js'
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
              <Frame key={indicator} imageId={imageId} />
            ))}
            <span dir="auto">
              {instruction ? <WithPictures instruction={instruction} images={images} /> : words.settings.outlookNew}
            </span>
          </li>
        ))}
      </ol>
      {outlook && outlook.historyDropped.length > 0 && (
        <p className={styles.dropped}>{words.settings.dropped(outlook.historyDropped.length)}</p>
      )}
    </section>
  )
}

/** An instruction as the model reads it, with pictures in place of their names, such as `{image1}`. */
function WithPictures({ instruction, images }: Pick<TurnOutlook['lcu'][number], 'instruction' | 'images'>) {
  return instruction.split(/(\{image\d?\})/).map((piece, index) => {
    const named = images.find(({ indicator }) => indicator === piece)
    // oxlint-disable-next-line react/no-array-index-key
    return named ? <Frame key={index} imageId={named.imageId} /> : piece
  })
}

function Frame({ imageId }: { imageId: string }) {
  const image = useImage(imageId)
  const name = usePictureName(imageId)
  return (
    <span className={styles.frame} title={name}>
      {image && <Picture image={image} link="thumbnailUrl" alt={name} />}
    </span>
  )
}
