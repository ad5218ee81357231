import { AtelierApiError } from '@atelier/client'
import { maxConditionImages } from '@atelier/contracts/limits'
import { plainWords } from '../app/plain-words.js'
import type { Draft } from '../draft/draft.js'
import type { Obstacle } from '../draft/obstacle.js'
import { words } from '../messages/words.js'
import { useStageActions } from '../stage/stage-store.js'
import { Problem } from '../theme/problem.js'

/** A turn that was not accepted. */
export interface Refused {
  draft: Draft
  error: unknown
}

/** What a {@link Refusal} needs. */
export interface RefusalProps {
  refused: Refused
  /** Whether something else has been written since; otherwise the refused instruction is in the field again. */
  replaced: boolean
  onDismiss(): void
  /** Puts the refused instruction back. */
  onRestore(): void
  /** Sends it again so that the model reads its beginning. */
  onTruncate(): void
}

const fieldOf = ({ details }: AtelierApiError) => (details as { field?: unknown } | undefined)?.field

/** Why a turn was not accepted, where it was written, with the next step. */
export function Refusal({ refused: { error }, replaced, onDismiss, onRestore, onTruncate }: RefusalProps) {
  const tooLong = error instanceof AtelierApiError && error.code === 'text_too_long' && fieldOf(error) === 'instruction'
  return (
    <Problem text={plainWords(error)} onDismiss={onDismiss}>
      {(tooLong || replaced) && (
        <>
          {tooLong && (
            <button type="button" onClick={onTruncate}>
              {words.composer.sendBeginning}
            </button>
          )}
          {replaced && (
            <button type="button" onClick={onRestore}>
              {words.composer.putBack}
            </button>
          )}
        </>
      )}
    </Problem>
  )
}

/** Why the turn cannot be sent as it is, beside what is in the way, with the next step. It stays as long as it is true. */
export function ObstacleNote({ obstacle }: { obstacle: Obstacle }) {
  const { show } = useStageActions()
  switch (obstacle.kind) {
    case 'pictures':
      return <Problem text={words.composer.tooManyPictures(maxConditionImages, obstacle.surplus)} />
    case 'characters':
      return <Problem text={words.composer.tooManyCharacters(obstacle.surplus)} />
    case 'elongated':
      return (
        <Problem text={words.composer.elongated}>
          <button type="button" onClick={() => show(obstacle.imageId, 'frame')}>
            {words.stage.frame}
          </button>
        </Problem>
      )
  }
}
