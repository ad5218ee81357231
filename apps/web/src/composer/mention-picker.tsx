import { Popover } from 'radix-ui'
import { useEffect, useMemo, useRef } from 'react'
import { useConversationState } from '../conversation/conversation-store.js'
import { madePictures, type MadePicture } from '../conversation/conversation-state.js'
import { nameOfMade, nameOfUploaded, usePictureName } from '../conversation/picture-names.js'
import { Picture } from '../conversation/picture.js'
import { words } from '../messages/words.js'
import { useImage } from '../server/queries.js'
import styles from './mention-picker.module.css'

/** Most pictures that the picker shows at once; a search reaches the others. */
const maxShown = 60

/**
 * The pictures of this conversation that a search finds, newest first: those it has made by their instruction, and those
 * that its turns use.
 */
export function useFoundPictures(search: string | null): string[] {
  const turns = useConversationState((state) => state.turns)
  return useMemo(() => {
    if (search === null) return []
    const needles = search.toLowerCase().split(/\s+/).filter(Boolean)
    const found = (made: MadePicture) => {
      const name = nameOfMade(made).toLowerCase()
      return needles.every((needle) => name.includes(needle))
    }
    const made = madePictures({ turns })
    const ids = new Set(made.map(({ image }) => image.id))
    const used = turns
      .flatMap(({ images }) => images.map(({ imageId }) => imageId))
      .filter((id) => !ids.has(id) && needles.every((needle) => nameOfUploaded(id).toLowerCase().includes(needle)))
    const all = [...made.filter(found).map(({ image }) => image.id), ...used]
    return [...new Set(all.reverse())].slice(0, maxShown)
  }, [turns, search])
}

/** The id of an option of the picker's list, for `aria-activedescendant`. */
export const optionId = (listId: string, imageId: string): string => `${listId}-${imageId}`

/** What a {@link MentionPicker} needs. */
export interface MentionPickerProps {
  listId: string
  /** Ids of the pictures to choose from. */
  found: string[]
  /** Which one Enter chooses. */
  highlighted: number
  onHighlight(index: number): void
  onChoose(imageId: string): void
  onClose(): void
}

/** The pictures of this conversation above the instruction, while an `@` is being written there. The editor has the keys. */
export function MentionPicker({ listId, found, highlighted, onHighlight, onChoose, onClose }: MentionPickerProps) {
  return (
    <Popover.Root open onOpenChange={(open) => !open && onClose()}>
      <Popover.Anchor className={styles.anchor} />
      <Popover.Portal>
        <Popover.Content
          className={styles.picker}
          side="top"
          align="start"
          sideOffset={4}
          collisionPadding={8}
          aria-label={words.composer.pickPicture}
          onOpenAutoFocus={(event) => event.preventDefault()}
          onCloseAutoFocus={(event) => event.preventDefault()}
          onInteractOutside={(event) => event.preventDefault()}
        >
          {found.length === 0 && <p className={styles.none}>{words.composer.noPicture}</p>}
          <ul id={listId} role="listbox" aria-label={words.composer.pickPicture} className={styles.list}>
            {found.map((imageId, index) => (
              <Option
                key={imageId}
                id={optionId(listId, imageId)}
                imageId={imageId}
                highlighted={index === highlighted}
                onHighlight={() => onHighlight(index)}
                onChoose={() => onChoose(imageId)}
              />
            ))}
          </ul>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

interface OptionProps {
  id: string
  imageId: string
  highlighted: boolean
  onHighlight(): void
  onChoose(): void
}

function Option({ id, imageId, highlighted, onHighlight, onChoose }: OptionProps) {
  const image = useImage(imageId)
  const name = usePictureName(imageId)
  const element = useRef<HTMLLIElement>(null)
  useEffect(() => {
    if (highlighted) element.current?.scrollIntoView({ block: 'nearest' })
  }, [highlighted])
  return (
    <li
      ref={element}
      id={id}
      role="option"
      aria-selected={highlighted}
      onPointerMove={() => !highlighted && onHighlight()}
      // The editor keeps the focus.
      onMouseDown={(event) => event.preventDefault()}
      onClick={onChoose}
    >
      {image ? <Picture image={image} link="thumbnailUrl" alt="" /> : <span className={styles.unknown} />}
      <span className={styles.name}>{name}</span>
    </li>
  )
}
