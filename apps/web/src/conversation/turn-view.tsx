import type { GenerationSummary, TurnInTree } from '@atelier/contracts'
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { memo } from 'react'
import { words } from '../messages/words.js'
import { useImage } from '../server/queries.js'
import { IconButton } from '../theme/icon-button.js'
import { GenerationView } from './generation-view.js'
import { Picture } from './picture.js'
import styles from './turn-view.module.css'
import { useConversationActions } from './use-conversation-actions.js'

/** A run that came to nothing is no news any more once the turn has been tried again. */
function shownGenerations({ generations }: TurnInTree): GenerationSummary[] {
  const newest = generations
    .map(({ createdAt }) => createdAt)
    .sort()
    .at(-1)
  const empty = ({ status }: GenerationSummary) => status === 'failed' || status === 'cancelled'
  return generations.filter((generation) => !empty(generation) || generation.createdAt === newest)
}

/** One request and what came of it. */
export const TurnView = memo(function TurnView({ turn }: { turn: TurnInTree }) {
  return (
    <li className={styles.turn} data-turn={turn.id}>
      <div className={styles.request}>
        {turn.images.map(({ imageId }) => (
          <SourcePicture key={imageId} id={imageId} />
        ))}
        <p className={styles.instruction} dir="auto">
          {turn.instruction}
        </p>
      </div>
      {turn.siblingCount > 1 && <Siblings turn={turn} />}
      <div className={styles.pictures}>
        {shownGenerations(turn).map((generation) => (
          <GenerationView key={generation.id} generation={generation} instruction={turn.instruction} />
        ))}
      </div>
    </li>
  )
})

/** Which of the turns with the same parent is shown, and the way to the others. */
function Siblings({ turn }: { turn: TurnInTree }) {
  const { siblingIndex: index, siblingCount: count } = turn
  const { showSibling } = useConversationActions()
  return (
    <span className={styles.siblings} role="group" aria-label={words.conversation.versions}>
      <IconButton
        icon={ChevronLeft}
        label={words.conversation.previousVersion}
        disabled={index === 0}
        onClick={() => void showSibling(turn, index - 1)}
      />
      <span className="numbers">{words.conversation.versionOf(index + 1, count)}</span>
      <IconButton
        icon={ChevronRight}
        label={words.conversation.nextVersion}
        disabled={index === count - 1}
        onClick={() => void showSibling(turn, index + 1)}
      />
    </span>
  )
}

/** A small view of a picture that a turn edits. */
function SourcePicture({ id }: { id: string }) {
  const image = useImage(id)
  if (!image) return null
  const alt = image.kind === 'uploaded' ? words.conversation.uploadedPicture : words.conversation.earlierPicture
  return <Picture className={styles.source} image={image} link="thumbnailUrl" alt={alt} />
}
