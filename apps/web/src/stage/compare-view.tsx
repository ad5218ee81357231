import type { Image } from '@atelier/contracts'
import { ChevronsLeftRight } from 'lucide-react'
import { useRef, useState, type ReactNode } from 'react'
import * as Slider from 'react-compare-slider/components'
import { useReactCompareSlider } from 'react-compare-slider/hooks'
import { usePictureName } from '../conversation/picture-names.js'
import { Picture } from '../conversation/picture.js'
import { words } from '../messages/words.js'
import { useImage } from '../server/queries.js'
import styles from './compare-view.module.css'
import type { Size } from './geometry.js'
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
          <Divided label={words.stage.divider} size={shown}>
            <Slider.Item item="itemOne">
              <Picture image={source} link="url" alt={words.stage.before} className={styles.picture} />
            </Slider.Item>
            <Slider.Item item="itemTwo">
              <Picture image={image} link="url" alt={words.stage.after} className={styles.picture} />
            </Slider.Item>
            <span className={styles.before}>{words.stage.before}</span>
            <span className={styles.after}>{words.stage.after}</span>
          </Divided>
        )}
      </div>
      {sourceIds.length > 1 && (
        <div className={styles.sources} role="group" aria-label={words.stage.compareWith}>
          {sourceIds.map((id, index) => (
            <SourceButton key={id} id={id} chosen={index === chosen} onChoose={() => setChosen(index)} />
          ))}
        </div>
      )}
    </div>
  )
}

/** Two pictures over each other with a divider that is dragged, or moved by the arrow keys. */
function Divided({ label, size, children }: { label: string; size: Size; children: ReactNode }) {
  const slider = useReactCompareSlider({ keyboardIncrement: '2%' })
  return (
    <Slider.Provider {...slider}>
      <Slider.Root className={styles.slider} style={{ width: size.width, height: size.height }} dir="ltr">
        {children}
        <Slider.HandleRoot aria-label={label}>
          <span className={styles.handle}>
            <span className={styles.grip}>
              <ChevronsLeftRight size={20} aria-hidden />
            </span>
          </span>
        </Slider.HandleRoot>
      </Slider.Root>
    </Slider.Provider>
  )
}

function SourceButton({ id, chosen, onChoose }: { id: string; chosen: boolean; onChoose(): void }) {
  const image = useImage(id)
  const name = usePictureName(id)
  return (
    <button type="button" className={styles.source} aria-pressed={chosen} onClick={onChoose}>
      {image && <Picture image={image} link="thumbnailUrl" alt={name} />}
    </button>
  )
}
