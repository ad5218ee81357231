import type { GenerationSummary } from '@atelier/contracts'
import { useState } from 'react'
import { useConversationState } from '../conversation/conversation-store.js'
import { InstructionText } from '../conversation/instruction-text.js'
import { plainInstruction } from '../conversation/mentions.js'
import { useConversationActions } from '../conversation/use-conversation-actions.js'
import { words } from '../messages/words.js'
import controls from '../theme/controls.module.css'
import { FittedPicture } from './fitted-picture.js'
import foot from './foot.module.css'
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
        <img
          src={preview}
          alt={words.conversation.previewOf(plainInstruction(instruction))}
          className={styles.picture}
        />
      ) : (
        <div className={styles.blank} />
      )}
    </FittedPicture>
  )
}

/** What is being made, how far it is, and the way to stop it. */
export function UnderwayFoot({ underway: { instruction, generation, preview } }: { underway: Underway }) {
  const { id, status, step, steps } = generation
  const { reading, step: stepOf } = words.conversation
  const { cancel } = useConversationActions()
  const [cancelling, setCancelling] = useState<string | null>(null)
  return (
    <div className={foot.foot} data-underway>
      <div className={foot.progress} style={{ inlineSize: `${(100 * step) / steps}%` }} aria-hidden />
      <p className={foot.instruction} dir="auto">
        {/* The picture above is still the one before. */}
        {!preview && <span className={foot.note}>{words.stage.toCome} </span>}
        <InstructionText instruction={instruction} />
      </p>
      <span className={`${foot.note} numbers`}>
        {status === 'queued' ? words.conversation.waiting(null) : step === 0 ? reading : stepOf(step, steps)}
      </span>
      <button
        type="button"
        className={controls.quiet}
        aria-disabled={cancelling === id || undefined}
        onClick={() => {
          if (cancelling === id) return
          setCancelling(id)
          void cancel(id).then((done) => !done && setCancelling(null))
        }}
      >
        {words.conversation.cancel}
      </button>
    </div>
  )
}
