import type { Image, TurnInTree } from '@atelier/contracts'
import { Popover } from 'radix-ui'
import { useEffect, useImperativeHandle, useMemo, useRef, useState, type Ref } from 'react'
import { useConversationState } from '../conversation/conversation-store.js'
import { nameOfMade, nameOfUploaded } from '../conversation/picture-names.js'
import { Picture } from '../conversation/picture.js'
import { useAllTurns } from '../conversation/use-all-turns.js'
import type { DraftImage } from '../draft/draft.js'
import { words } from '../messages/words.js'
import { useImage } from '../server/queries.js'
import styles from './mention-picker.module.css'

/** Most pictures that the picker shows at once; a search reaches the others. */
const maxShown = 60

/** How long a search takes the other branches and earlier turns as they were read, in milliseconds. */
const restMs = 60_000

/** A picture that can be mentioned. */
interface FoundPicture {
  imageId: string
  /** See `usePictureName`. */
  name: string
  /** Undefined: it has to be asked for. */
  image?: Image
}

/**
 * The pictures of this conversation that a search finds, newest first: those that the next turn has, those that were made,
 * on whatever branch, by their instruction, and those that turns use.
 */
function useFoundPictures(search: string, drafted: readonly DraftImage[]): FoundPicture[] {
  const path = useConversationState((state) => state.turns)
  const isPart = useConversationState(
    ({ before, turns }) => before !== null || turns.some(({ siblingCount }) => siblingCount > 1),
  )
  const { data: others } = useAllTurns(isPart, restMs)
  const all = useMemo(() => picturesIn([...(others ?? []), ...path], drafted), [others, path, drafted])
  return useMemo(() => {
    const needles = search.toLowerCase().split(/\s+/).filter(Boolean)
    const fits = ({ name }: FoundPicture) => needles.every((needle) => name.toLowerCase().includes(needle))
    return all.filter(fits).slice(0, maxShown)
  }, [all, search])
}

/** Every picture of turns and of a draft, the newest first, each once. */
function picturesIn(turns: readonly TurnInTree[], drafted: readonly DraftImage[]): FoundPicture[] {
  const made = turns.flatMap((turn) =>
    turn.generations.flatMap(({ images }) =>
      images.map((image) => ({ imageId: image.id, name: nameOfMade({ turn }), image })),
    ),
  )
  const uploaded = ({ imageId }: { imageId: string }) => ({ imageId, name: nameOfUploaded(imageId) })
  const used = turns.flatMap(({ images }) => images.map(uploaded))
  // What is known of one that was made comes last here, and so it counts.
  const newest = [...drafted.map(uploaded), ...used.reverse(), ...made.toReversed()]
  return [...new Map(newest.map((picture) => [picture.imageId, picture])).values()]
}

/** What the editor, which has the keys, does with a {@link MentionPicker}. */
export interface MentionPickerHandle {
  /** Moves in the list or chooses from it. @returns whether the key meant that */
  press(key: string): boolean
}

/** What a {@link MentionPicker} needs. */
export interface MentionPickerProps {
  ref: Ref<MentionPickerHandle>
  listId: string
  /** What is typed behind the `@`. */
  search: string
  /** The pictures of the next turn. */
  drafted: readonly DraftImage[]
  onChoose(imageId: string): void
  onClose(): void
  /** What is in sight: the id of the option that Enter chooses, if there is one; null: no list at all. */
  onShown(shown: { optionId: string | undefined } | null): void
}

/** The pictures of this conversation above the instruction, while an `@` is being written there. The editor has the keys. */
export function MentionPicker({ ref, listId, search, drafted, onChoose, onClose, onShown }: MentionPickerProps) {
  const found = useFoundPictures(search, drafted)
  const [at, setAt] = useState({ search, index: 0 })
  const highlighted = at.search === search ? Math.min(at.index, found.length - 1) : 0
  const setHighlighted = (index: number) => setAt({ search, index })
  // What goes on behind an `@` that leads to no picture is no search any more.
  const shown = found.length > 0 || !/\s/.test(search)
  const optionOf = ({ imageId }: FoundPicture) => `${listId}-${imageId}`
  const option = found[highlighted]
  const optionId = option && optionOf(option)
  useEffect(() => {
    onShown(shown ? { optionId } : null)
    return () => onShown(null)
  }, [shown, optionId, onShown])
  useImperativeHandle(ref, () => ({
    press: (key) => {
      if (!shown) return false
      if (key === 'Escape') onClose()
      else if (!option) return false
      else if (key === 'ArrowDown') setHighlighted((highlighted + 1) % found.length)
      else if (key === 'ArrowUp') setHighlighted((highlighted - 1 + found.length) % found.length)
      else if (key === 'Enter' || key === 'Tab') onChoose(option.imageId)
      else return false
      return true
    },
  }))
  if (!shown) return null
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
          {/* the editor has the keys; this is for those who scroll a long list by the keyboard */}
          <ul id={listId} role="listbox" tabIndex={0} aria-label={words.composer.pickPicture} className={styles.list}>
            {found.map((picture, index) => (
              <Option
                key={picture.imageId}
                id={optionOf(picture)}
                picture={picture}
                highlighted={index === highlighted}
                onHighlight={() => setHighlighted(index)}
                onChoose={() => onChoose(picture.imageId)}
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
  picture: FoundPicture
  highlighted: boolean
  onHighlight(): void
  onChoose(): void
}

function Option({ id, picture, highlighted, onHighlight, onChoose }: OptionProps) {
  const { imageId, name } = picture
  const image = useImage(imageId, picture.image)
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
      <span className={styles.name} dir="auto">
        {name}
      </span>
    </li>
  )
}
