import type { TurnOutlook } from '@atelier/contracts'
import { maxInstructionLength } from '@atelier/contracts/limits'
import { memo } from 'react'
import { useAddress } from '../app/address.js'
import { useStore } from '../app/external-store.js'
import { draftStore } from '../draft/draft-store.js'
import { words } from '../messages/words.js'
import styles from './counter.module.css'
import { useOutlook } from './use-outlook.js'

/** A text shorter than this, in characters, is not near any model's limit, and nobody is asked about it. */
const shortText = 120
/** From this share of the model's limit on the counter shows. */
const nearShare = 0.75
/** Models read pieces of words; in English three words take about four. */
const wordsPerToken = 0.75

/** How much of what the model reads is used, when the limit comes near. */
export function TextUse({ use }: { use: TurnOutlook['instruction'] | undefined }) {
  if (!use || use.tokens < use.maxTokens * nearShare) return null
  const over = use.tokens > use.maxTokens
  const count = Math.ceil(Math.abs(use.maxTokens - use.tokens) * wordsPerToken)
  return (
    <span className={`numbers ${styles.counter}`} data-over={over || undefined} role="status">
      {over ? words.composer.tooLong(count) : words.composer.left(count)}
    </span>
  )
}

/** The counter of the instruction. */
export const Counter = memo(function Counter() {
  const { sessionId } = useAddress()
  const { length } = useStore(draftStore(sessionId), ({ text }) => text)
  return length >= shortText && length <= maxInstructionLength && <LongTextUse />
})

function LongTextUse() {
  const { outlook } = useOutlook(true)
  return <TextUse use={outlook?.instruction} />
}
