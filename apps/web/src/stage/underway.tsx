import type { GenerationSummary } from '@atelier/contracts'
import { useConversationState } from '../conversation/conversation-store.js'
import { words } from '../messages/words.js'
import { FittedPicture } from './fitted-picture.js'
import { useStage } from './stage-store.js'
import styles from './underway.module.css'

/** What is being made while the stage waits for it. */
export interface Underway {
  instruction: string
  generation: GenerationSummary
  /** The last preview, a `data:` URL; undefined: none has come yet. */
  preview: string | undefined
}

/** The newest picture as it is being made; undefined: none is, or the person has chosen to see another one. */
export function useUnderway(): Underway | undefined {
  const { imageId } = useStage()
  const turn = useConversationState(({ turns }) => turns.at(-1))
  const waiting = turn?.generations.filter(({ status }) => status === 'running' || status === 'queued') ?? []
  const generation = waiting.find(({ status }) => status === 'running') ?? waiting[0]
  const preview = useConversationState(({ previews }) => (generation ? previews[generation.id] : undefined))
  return imageId === null && turn && generation ? { instruction: turn.instruction, generation, preview } : undefined
}

/** The preview of what is being made, as large as the picture will be. */
export function UnderwayPicture({ underway: { generation, preview, instruction } }: { underway: Underway }) {
  return (
    <FittedPicture picture={generation.parameters} className={styles.place}>
      {preview ? (
        <img src={preview} alt={words.conversation.previewOf(instruction)} className={styles.picture} />
      ) : (
        <div className={styles.blank} />
      )}
    </FittedPicture>
  )
}

/** What is being made, and how far it is. */
export function UnderwayFoot({ underway: { instruction, generation } }: { underway: Underway }) {
  const { status, step, steps } = generation
  return (
    <div className={styles.foot}>
      <div className={styles.progress} style={{ inlineSize: `${(100 * step) / steps}%` }} aria-hidden />
      <p className={styles.instruction} dir="auto">
        {instruction}
      </p>
      <span className={`${styles.note} numbers`}>
        {status === 'running' ? words.stage.running(step, steps) : words.conversation.waiting(0)}
      </span>
    </div>
  )
}
