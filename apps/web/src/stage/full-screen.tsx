import type { Image } from '@atelier/contracts'
import { ChevronLeft, ChevronRight, X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { useEffect, useState } from 'react'
import { useBackCloses } from '../app/overlays.js'
import { useShortcuts } from '../app/shortcuts.js'
import { Picture } from '../conversation/picture.js'
import { words } from '../messages/words.js'
import { focusItself } from '../theme/focus-itself.js'
import { IconButton } from '../theme/icon-button.js'
import styles from './full-screen.module.css'
import { ZoomControls, zoomShortcuts } from './zoom-controls.js'
import ZoomView, { type ZoomHandle, type ZoomLevel } from './zoom-view.js'
import { useReturnFocus } from '../theme/use-return-focus.js'

/** What a {@link FullScreen} shows. */
export interface FullScreenProps {
  image: Image
  alt: string
  /** Its place among the pictures of the conversation, from 0; null: it is none of them. */
  place: { index: number; count: number } | null
  /** Goes to the next picture (1) or the one before (-1). */
  onStep(by: number): void
  onClose(): void
}

/** A picture on the whole screen, with nothing beside it. */
export default function FullScreen({ image, alt, place, onStep, onClose }: FullScreenProps) {
  const [zoom, setZoom] = useState<ZoomHandle | null>(null)
  const [level, setLevel] = useState<ZoomLevel | null>(null)
  useShortcuts([
    ...zoomShortcuts(zoom),
    { keys: 'ArrowLeft', label: words.stage.previous, group: 'stage', run: () => onStep(-1) },
    { keys: 'ArrowRight', label: words.stage.next, group: 'stage', run: () => onStep(1) },
    { keys: 'f', label: words.stage.leaveFullScreen, group: 'stage', run: onClose },
  ])
  // The browser's own full screen where it is to be had; without it the picture fills the page.
  useEffect(() => {
    const root = document.documentElement
    root.requestFullscreen?.().catch(() => {})
    const left = () => {
      if (!document.fullscreenElement) onClose()
    }
    document.addEventListener('fullscreenchange', left)
    return () => {
      document.removeEventListener('fullscreenchange', left)
      if (document.fullscreenElement) document.exitFullscreen().catch(() => {})
    }
    // oxlint-disable-next-line react/exhaustive-deps
  }, [])
  const returnFocus = useReturnFocus()
  useBackCloses(onClose)
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Content
          className={styles.screen}
          aria-describedby={undefined}
          onCloseAutoFocus={returnFocus}
          onOpenAutoFocus={focusItself}
        >
          <Dialog.Title className="hidden">{alt}</Dialog.Title>
          <ZoomView
            key={image.id}
            picture={image}
            handle={setZoom}
            onLevel={setLevel}
            // A whole picture has nowhere to be moved to: a finger turns over to the next one.
            {...((level?.whole ?? true) && { onSwipe: onStep })}
          >
            {() => <Picture image={image} link="url" retry alt={alt} className={styles.picture} />}
          </ZoomView>
          <div className={styles.top} data-shortcuts>
            <ZoomControls zoom={zoom} level={level} />
            {place && (
              <span className={`${styles.place} numbers`} aria-live="polite">
                {words.stage.place(place.index + 1, place.count)}
              </span>
            )}
            <IconButton icon={X} label={words.stage.leaveFullScreen} shortcut="Esc" onClick={onClose} />
          </div>
          {place && place.index > 0 && (
            <IconButton
              icon={ChevronLeft}
              size={28}
              className={styles.previous}
              label={words.stage.previous}
              onClick={() => onStep(-1)}
            />
          )}
          {place && place.index < place.count - 1 && (
            <IconButton
              icon={ChevronRight}
              size={28}
              className={styles.next}
              label={words.stage.next}
              onClick={() => onStep(1)}
            />
          )}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
