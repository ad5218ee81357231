import type { Image } from '@atelier/contracts'
import { useRef, useState } from 'react'
import { ReactCompareSlider, ReactCompareSliderHandle } from 'react-compare-slider'
import { Picture } from '../conversation/picture.js'
import { words } from '../messages/words.js'
import { useImage } from '../server/queries.js'
import styles from './compare-view.module.css'
import { fitPicture } from './picture-scale.js'
import { useSizeOf } from './use-size-of.js'

/** What a {@link CompareView} shows. */
export interface CompareViewProps {
  image: Image
  /** The pictures that it was made from; the first one is what was edited. */
  sourceIds: string[]
}

/** A picture over what it was made from, with a divider to drag. */
export default function CompareView({ image, sourceIds }: CompareViewProps) {
  const place = useRef<HTMLDivElement>(null)
  const size = useSizeOf(place)
  const [chosen, setChosen] = useState(0)
  const source = useImage(sourceIds[chosen] ?? sourceIds[0])
  const shown = size && fitPicture(image, size, window.devicePixelRatio)
  return (
    <div className={styles.view}>
      <div ref={place} className={styles.place}>
        {shown && source && (
          <ReactCompareSlider
            className={styles.slider}
            style={{ width: shown.width, height: shown.height }}
            keyboardIncrement="2%"
            handle={<ReactCompareSliderHandle aria-label={words.stage.divider} className={styles.handle} />}
            itemOne={<Picture image={source} link="url" alt={words.stage.before} className={styles.picture} />}
            itemTwo={<Picture image={image} link="url" alt={words.stage.after} className={styles.picture} />}
          />
        )}
      </div>
      <div className={styles.captions} style={shown ? { inlineSize: shown.width } : undefined}>
        <span>{words.stage.before}</span>
        {sourceIds.length > 1 && (
          <div className={styles.sources} role="group" aria-label={words.stage.compareWith}>
            {sourceIds.map((id, index) => (
              <SourceButton key={id} id={id} chosen={index === chosen} onChoose={() => setChosen(index)} />
            ))}
          </div>
        )}
        <span>{words.stage.after}</span>
      </div>
    </div>
  )
}

function SourceButton({ id, chosen, onChoose }: { id: string; chosen: boolean; onChoose(): void }) {
  const image = useImage(id)
  return (
    <button type="button" className={styles.source} aria-pressed={chosen} onClick={onChoose}>
      {image && <Picture image={image} link="thumbnailUrl" alt={words.stage.uploaded} />}
    </button>
  )
}
