import { AtelierApiError } from '@atelier/client'
import { maxConditionImages } from '@atelier/contracts/limits'
import { plainWords } from '../app/plain-words.js'
import { plainInstruction } from '../conversation/mentions.js'
import { shortened } from '../conversation/title.js'
import type { RefusalReason, RefusedTurn } from '../draft/draft.js'
import type { Obstacle } from '../draft/obstacle.js'
import { words } from '../messages/words.js'
import { isKeySpent, mayHaveArrived } from '../server/errors.js'
import { useStageActions } from '../stage/stage-store.js'
import { Problem } from '../theme/problem.js'

/** What a {@link Refusal} needs. */
export interface RefusalProps {
  refused: RefusedTurn
  /** Whether something else has been written since; otherwise the refused instruction is in the field again. */
  replaced: boolean
  onDismiss(): void
  /** Puts the refused instruction back. */
  onRestore(): void
  /** Sends it again so that the model reads its beginning. */
  onTruncate(): void
}

const isTooLong = (error: unknown): boolean =>
  error instanceof AtelierApiError &&
  error.code === 'text_too_long' &&
  (error.details as { field?: unknown } | undefined)?.field === 'instruction'

/** Why a turn was not accepted, of what the client threw. */
export function reasonOf(error: unknown): RefusalReason {
  const reason = plainWords(error)
  const isAnswer = error instanceof AtelierApiError && [401, 429].includes(error.status)
  if (mayHaveArrived(error)) return { reason, kind: isAnswer ? 'put off' : 'unanswered' }
  if (isKeySpent(error)) return { reason, kind: 'spent' }
  return isTooLong(error) ? { reason, kind: 'too long' } : { reason }
}

/** Most characters of an instruction that a reason begins with. */
const maxShown = 60

/** Why a turn was not accepted, where it was written, with the next step. */
export function Refusal({ refused: { turn, reason, kind }, replaced, onDismiss, onRestore, onTruncate }: RefusalProps) {
  const tooLong = kind === 'too long'
  const text = replaced ? words.composer.about(shortened(plainInstruction(turn.text), maxShown), reason) : reason
  return (
    <Problem text={text} onDismiss={onDismiss}>
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
