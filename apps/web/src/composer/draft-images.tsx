import { maxConditionImages } from '@atelier/contracts/limits'
import { Brush, X } from 'lucide-react'
import { memo, useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { announce } from '../app/announcer.js'
import { usePictureName } from '../conversation/picture-names.js'
import { Picture } from '../conversation/picture.js'
import type { DraftImage } from '../draft/draft.js'
import { useDraftActions, useDraftImages } from '../draft/use-draft.js'
import { words } from '../messages/words.js'
import { useImage } from '../server/queries.js'
import { useStageActions } from '../stage/stage-store.js'
import { Menu, MenuItem, MenuLine } from '../theme/menu.js'
import styles from './draft-images.module.css'
import { focusInstruction } from './focus-instruction.js'

/**
 * The pictures that the turn will use, in order: the first one is edited. They can be dragged, and moved by their menus or by
 * Alt and the arrow keys. `elongatedId` names one that the model cannot take.
 */
export const DraftImages = memo(function DraftImages({ elongatedId }: { elongatedId: string | undefined }) {
  const images = useDraftImages()
  const { moveImage, removeImage } = useDraftActions()
  const [dragged, setDragged] = useState<number | null>(null)
  const list = useRef<HTMLOListElement>(null)
  /** The chip that gets the focus once its place has changed; a moved element loses it. */
  const focusNext = useRef<string | null>(null)
  useEffect(() => {
    const next = focusNext.current
    if (next === null) return
    focusNext.current = null
    list.current?.querySelector<HTMLElement>(`[data-chip="${next}"] button`)?.focus()
  })
  // The newest one is in sight, and so is what is too much.
  const count = images.length
  useEffect(() => {
    // Nothing is given back: in newer browsers scrolling answers with a promise, which is no cleanup.
    if (count > 0 && list.current) list.current.scrollTop = list.current.scrollHeight
  }, [count])
  if (count === 0) return null

  const move = (from: number, to: number) => {
    const moved = images[from]
    if (!moved || to < 0 || to >= images.length) return
    focusNext.current = moved.imageId
    moveImage(from, to)
    announce(words.composer.moved(to + 1, images.length, roleOf(to, moved)))
  }
  const remove = (index: number) => {
    const next = images[index + 1] ?? images[index - 1]
    focusNext.current = next?.imageId ?? null
    removeImage(images[index]!.imageId)
    if (!next) focusInstruction()
  }
  const keys = (event: KeyboardEvent, index: number) => {
    const forward = getComputedStyle(event.currentTarget).direction === 'rtl' ? 'ArrowLeft' : 'ArrowRight'
    if (!event.altKey || !['ArrowLeft', 'ArrowRight'].includes(event.key)) return
    event.preventDefault()
    move(index, index + (event.key === forward ? 1 : -1))
  }
  return (
    <ol ref={list} className={styles.images} aria-label={words.composer.pictures}>
      {images.map((image, index) => (
        <li
          key={image.imageId}
          data-chip={image.imageId}
          draggable
          data-dragged={dragged === index || undefined}
          onKeyDown={(event) => keys(event, index)}
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
          <Chip
            image={image}
            index={index}
            count={count}
            fault={faultOf(image, index, elongatedId)}
            onMove={(to) => move(index, to)}
            onRemove={() => remove(index)}
          />
        </li>
      ))}
    </ol>
  )
})

/** What a picture is for. */
function roleOf(index: number, { extended }: DraftImage): string {
  if (index > 0) return words.composer.reference(index + 1)
  return extended ? words.composer.extended : words.composer.edited
}

/** Why the model does not take a picture; undefined: it does. */
function faultOf({ imageId }: DraftImage, index: number, elongatedId: string | undefined): string | undefined {
  if (index >= maxConditionImages) return words.composer.tooMany
  return imageId === elongatedId ? words.composer.tooLongPicture : undefined
}

interface ChipProps {
  image: DraftImage
  index: number
  count: number
  fault: string | undefined
  onMove(to: number): void
  onRemove(): void
}

function Chip({ image: used, index, count, fault, onMove, onRemove }: ChipProps) {
  const { imageId, maskId, maskMode, extended } = used
  const image = useImage(imageId)
  const name = usePictureName(imageId)
  const role = roleOf(index, used)
  const note = maskId && !extended ? (maskMode === 'erase' ? words.composer.maskErase : words.composer.maskKeep) : null
  return (
    <span className={styles.chip} data-fault={fault ? true : undefined}>
      <Menu
        side="top"
        sideOffset={6}
        trigger={
          <button
            type="button"
            className={styles.main}
            aria-label={words.composer.pictureMenu(fault ? `${role}, ${fault}` : role, name)}
            aria-keyshortcuts={count > 1 ? 'Alt+ArrowLeft Alt+ArrowRight' : undefined}
            title={name}
          >
            {image ? <Picture image={image} link="thumbnailUrl" alt="" /> : <span className={styles.unknown} />}
            {maskId && !extended && (
              <span className={styles.mask}>
                <Brush size={12} aria-hidden />
              </span>
            )}
            <span className={styles.role}>
              {role}
              {(fault ?? note) && <small>{fault ?? note}</small>}
            </span>
          </button>
        }
      >
        <ChipMenu {...used} />
        {count > 1 && <MenuLine />}
        {index > 0 && <MenuItem onSelect={() => onMove(0)}>{words.composer.editThis}</MenuItem>}
        {index > 1 && <MenuItem onSelect={() => onMove(index - 1)}>{words.composer.moveBefore}</MenuItem>}
        {index < count - 1 && <MenuItem onSelect={() => onMove(index + 1)}>{words.composer.moveAfter}</MenuItem>}
      </Menu>
      <button
        type="button"
        className={styles.remove}
        aria-label={words.composer.removeNamed(name)}
        title={words.composer.remove}
        onClick={onRemove}
      >
        <X size={14} aria-hidden />
      </button>
    </span>
  )
}

function ChipMenu({ imageId, maskId, maskMode, extended }: DraftImage) {
  const { setMask, removeRoom } = useDraftActions()
  const { show } = useStageActions()
  if (extended)
    return (
      <>
        <MenuItem onSelect={() => show(imageId)}>{words.composer.showPicture}</MenuItem>
        <MenuItem
          onSelect={() => {
            removeRoom(imageId)
            show(extended.from)
          }}
        >
          {words.stage.removeRoom}
        </MenuItem>
      </>
    )
  return (
    <>
      <MenuItem onSelect={() => show(imageId)}>{words.composer.showPicture}</MenuItem>
      <MenuItem onSelect={() => show(imageId, 'mask')}>
        {maskId ? words.composer.editMask : words.composer.paintMask}
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
