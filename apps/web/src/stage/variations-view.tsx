import type { Image } from '@atelier/contracts'
import { useRef } from 'react'
import { useShortcuts } from '../app/shortcuts.js'
import { Picture } from '../conversation/picture.js'
import { words } from '../messages/words.js'
import { fitPicture } from './picture-scale.js'
import { useSizeOf } from './use-size-of.js'
import styles from './variations-view.module.css'

/** What a {@link VariationsView} shows. */
export interface VariationsViewProps {
  images: Image[]
  shownId: string
  /** What all of them were asked to be. */
  instruction: string
  onChoose(id: string): void
}

/** All pictures of a turn beside each other. Digits and clicks choose one. */
export default function VariationsView({ images, shownId, instruction, onChoose }: VariationsViewProps) {
  const place = useRef<HTMLDivElement>(null)
  const size = useSizeOf(place)
  const gap = 16
  const columns = size ? columnsFor(images, size.width / size.height) : 1
  const rows = Math.ceil(images.length / columns)
  useShortcuts(
    images.slice(0, 9).map(({ id }, index) => ({
      keys: String(index + 1),
      label: words.stage.chooseVariation(index + 1, images.length),
      group: 'stage',
      run: () => onChoose(id),
    })),
  )
  const cell = size && {
    width: (size.width - gap * (columns - 1)) / columns,
    height: Math.max(96, (size.height - gap * (rows - 1)) / rows),
  }
  return (
    <div className={styles.view}>
      <div ref={place} className={styles.place} style={{ gap, gridTemplateColumns: `repeat(${columns}, 1fr)` }}>
        {cell &&
          images.map((image, index) => {
            const { width, height } = fitPicture(image, cell, window.devicePixelRatio)
            return (
              <button
                key={image.id}
                type="button"
                className={styles.variation}
                aria-label={words.stage.chooseVariation(index + 1, images.length)}
                aria-current={image.id === shownId || undefined}
                onClick={() => onChoose(image.id)}
              >
                <Picture image={image} link="url" alt={instruction} style={{ width, height }} />
                <span className={`${styles.number} numbers`} aria-hidden>
                  {index + 1}
                </span>
              </button>
            )
          })}
      </div>
    </div>
  )
}

/** Pictures beside each other are compared more easily: they may be so much smaller for it. */
const beside = 0.8

/** The number of columns with which the pictures come out largest, or nearly so and beside each other. */
function columnsFor(images: Image[], aspect: number): number {
  const picture = images[0] ? images[0].width / images[0].height : 1
  const shownWith = (columns: number) => {
    const rows = Math.ceil(images.length / columns)
    return Math.min(aspect / columns / picture, 1 / rows)
  }
  const largest = Math.max(...images.map((_, index) => shownWith(index + 1)))
  return images.reduce((best, _, index) => (shownWith(index + 1) >= beside * largest ? index + 1 : best), 1)
}
