import { maxConditionImages } from '@atelier/contracts/limits'
import { useStageActions } from '../stage/stage-store.js'
import type { Obstacle } from '../draft/obstacle.js'
import { words } from '../messages/words.js'
import { Problem } from '../theme/problem.js'

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
