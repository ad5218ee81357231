import { Brush, X } from 'lucide-react'
import { useState } from 'react'
import { usePictureName } from '../conversation/picture-names.js'
import { Picture } from '../conversation/picture.js'
import type { DraftImage } from '../draft/draft.js'
import { useDraft } from '../draft/use-draft.js'
import { words } from '../messages/words.js'
import { useImage } from '../server/queries.js'
import { useStageActions } from '../stage/stage-store.js'
import { Menu, MenuItem, MenuLine } from '../theme/menu.js'
import styles from './draft-images.module.css'

/** The pictures that the turn will use, in order: the first one is edited. They can be dragged, and moved by their menus. */
export function DraftImages() {
  const { images, moveImage } = useDraft()
  const [dragged, setDragged] = useState<number | null>(null)
  if (images.length === 0) return null
  return (
    <ol className={styles.images} aria-label={words.composer.pictures}>
      {images.map((image, index) => (
        <li
          key={image.imageId}
          draggable
          data-dragged={dragged === index || undefined}
          onDragStart={(event) => {
            event.dataTransfer.effectAllowed = 'move'
            event.dataTransfer.setData('text/plain', `@${image.imageId}`)
            setDragged(index)
          }}
          onDragEnter={() => {
            if (dragged === null || dragged === index) return
            moveImage(dragged, index)
            setDragged(index)
          }}
          onDragOver={(event) => dragged !== null && event.preventDefault()}
          onDragEnd={() => setDragged(null)}
        >
          <Chip image={image} index={index} count={images.length} />
        </li>
      ))}
    </ol>
  )
}

function Chip({
  image: { imageId, maskId, maskMode },
  index,
  count,
}: {
  image: DraftImage
  index: number
  count: number
}) {
  const image = useImage(imageId)
  const name = usePictureName(imageId)
  const { moveImage, removeImage } = useDraft()
  const role = index === 0 ? words.composer.edited : words.composer.reference(index + 1)
  return (
    <span className={styles.chip}>
      <Menu
        side="top"
        sideOffset={6}
        trigger={
          <button type="button" className={styles.main} aria-label={words.composer.pictureMenu(role, name)}>
            {image ? <Picture image={image} link="thumbnailUrl" alt="" /> : <span className={styles.unknown} />}
            {maskId && (
              <span className={styles.mask}>
                <Brush size={12} aria-hidden />
              </span>
            )}
            <span className={styles.role}>
              {role}
              {maskId && <small>{maskMode === 'erase' ? words.composer.maskErase : words.composer.maskKeep}</small>}
            </span>
          </button>
        }
      >
        <ChipMenu imageId={imageId} masked={Boolean(maskId)} maskMode={maskMode} maskId={maskId} />
        {count > 1 && <MenuLine />}
        {index > 0 && <MenuItem onSelect={() => moveImage(index, 0)}>{words.composer.editThis}</MenuItem>}
        {index > 1 && <MenuItem onSelect={() => moveImage(index, index - 1)}>{words.composer.moveBefore}</MenuItem>}
        {index < count - 1 && (
          <MenuItem onSelect={() => moveImage(index, index + 1)}>{words.composer.moveAfter}</MenuItem>
        )}
      </Menu>
      <button
        type="button"
        className={styles.remove}
        aria-label={words.composer.removeNamed(name)}
        title={words.composer.remove}
        onClick={() => removeImage(imageId)}
      >
        <X size={14} aria-hidden />
      </button>
    </span>
  )
}

function ChipMenu({ imageId, masked, maskId, maskMode }: DraftImage & { masked: boolean }) {
  const { setMask } = useDraft()
  const { show } = useStageActions()
  return (
    <>
      <MenuItem onSelect={() => show(imageId)}>{words.composer.showPicture}</MenuItem>
      <MenuItem onSelect={() => show(imageId, 'mask')}>
        {masked ? words.composer.editMask : words.composer.paintMask}
      </MenuItem>
      {maskId && (
        <>
          <MenuItem onSelect={() => setMask(imageId, { maskId, maskMode: maskMode === 'erase' ? 'keep' : 'erase' })}>
            {maskMode === 'erase' ? words.composer.seeUnderMask : words.composer.eraseUnderMask}
          </MenuItem>
          <MenuItem onSelect={() => setMask(imageId, null)}>{words.composer.removeMask}</MenuItem>
        </>
      )}
    </>
  )
}
