import { Minus, Plus } from 'lucide-react'
import type { Shortcut } from '../app/shortcuts.js'
import { words } from '../messages/words.js'
import { IconButton } from '../theme/icon-button.js'
import styles from './zoom-controls.module.css'
import type { ZoomHandle, ZoomLevel } from './zoom-view.js'

/** Zooms a picture, and says how large it is shown; pressing that shows the whole picture again. */
export function ZoomControls({ zoom, level }: { zoom: ZoomHandle | null; level: ZoomLevel | null }) {
  return (
    <div className={styles.zoom} role="group" aria-label={words.stage.zoom}>
      <IconButton
        icon={Minus}
        size={16}
        label={words.stage.zoomOut}
        disabled={!zoom || (level?.whole ?? true)}
        onClick={() => zoom?.zoomOut()}
      />
      <button
        type="button"
        className={`${styles.level} numbers`}
        title={words.stage.zoomReset}
        disabled={!zoom}
        onClick={() => zoom?.reset()}
      >
        {level && words.stage.zoomLevel(level.percent)}
      </button>
      <IconButton icon={Plus} size={16} label={words.stage.zoomIn} disabled={!zoom} onClick={() => zoom?.zoomIn()} />
    </div>
  )
}

/** The keys that zoom. */
export const zoomShortcuts = (zoom: ZoomHandle | null): Shortcut[] => [
  { keys: '=', label: words.stage.zoomIn, group: 'stage', run: () => zoom?.zoomIn() },
  { keys: '+', label: words.stage.zoomIn, group: 'stage', run: () => zoom?.zoomIn() },
  { keys: '-', label: words.stage.zoomOut, group: 'stage', run: () => zoom?.zoomOut() },
  { keys: '0', label: words.stage.zoomReset, group: 'stage', run: () => zoom?.reset() },
]
