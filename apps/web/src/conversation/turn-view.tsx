import type { GenerationSummary, TurnInTree } from '@atelier/contracts'
import { memo } from 'react'
import { Cancelled, GenerationView } from './generation-view.js'
import { InstructionText } from './instruction-text.js'
import { plainInstruction } from './mentions.js'
import { TurnSource } from './turn-source.js'
import { TurnTools } from './turn-tools.js'
import styles from './turn-view.module.css'

/** A run that came to nothing is no news any more once the turn has been tried again. */
function shownGenerations({ generations }: TurnInTree): GenerationSummary[] {
  const newest = generations
    .map(({ createdAt }) => createdAt)
    .sort()
    .at(-1)
  const empty = ({ status }: GenerationSummary) => status === 'failed' || status === 'cancelled'
  return generations.filter((generation) => !empty(generation) || generation.createdAt === newest)
}

/** What a {@link TurnView} needs. */
export interface TurnViewProps {
  turn: TurnInTree
  /** Whether it is the newest one of the path. */
  newest: boolean
  /** Whether the address points to it. */
  linked: boolean
}

/** One request and what came of it. */
export const TurnView = memo(function TurnView({ turn, newest, linked }: TurnViewProps) {
  const shown = shownGenerations(turn)
  const going = shown.filter(({ status }) => status !== 'cancelled')
  const cancelled = shown.filter(({ status }) => status === 'cancelled')
  const pictures = going.reduce((sum, { images }) => sum + Math.max(images.length, 1), 0)
  return (
    <article
      className={styles.turn}
      aria-label={plainInstruction(turn.instruction)}
      data-turn={turn.id}
      data-newest={newest || undefined}
      data-linked={linked || undefined}
    >
      <Request images={turn.images} instruction={turn.instruction} />
      <div className={styles.pictures} data-many={pictures > 1 || undefined}>
        {going.map((generation) => (
          <GenerationView key={generation.id} generation={generation} instruction={turn.instruction} />
        ))}
        {cancelled.length > 0 && <Cancelled generations={cancelled} />}
      </div>
      <TurnTools turn={turn} />
    </article>
  )
})

/** What was asked for. The steps of a generation change nothing of it. */
const Request = memo(function Request({ images, instruction }: Pick<TurnInTree, 'images' | 'instruction'>) {
  return (
    <div className={styles.request}>
      {images.length > 0 && (
        <span className={styles.sources}>
          {images.map((source) => (
            <TurnSource key={source.imageId} source={source} />
          ))}
        </span>
      )}
      <p className={styles.instruction} dir="auto">
        <InstructionText instruction={instruction} />
      </p>
    </div>
  )
})
