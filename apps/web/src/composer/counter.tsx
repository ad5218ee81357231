import { useDraft } from '../draft/use-draft.js'
import { words } from '../messages/words.js'
import styles from './counter.module.css'
import { useOutlook } from './use-outlook.js'

/** A text shorter than this, in characters, is not near any model's limit, and nobody is asked about it. */
const shortText = 120
/** From this share of the model's limit on the counter shows. */
const nearShare = 0.75

/** How much of what the model reads is used, when the limit comes near. */
export function Counter() {
  const { draft } = useDraft()
  const { outlook } = useOutlook(draft.text.length >= shortText)
  const use = outlook?.instruction
  if (!use || use.tokens < use.maxTokens * nearShare) return null
  const over = use.tokens > use.maxTokens
  return (
    <span className={`numbers ${styles.counter}`} data-over={over || undefined} role="status">
      {over ? words.composer.tooLong(use.tokens - use.maxTokens) : words.composer.left(use.maxTokens - use.tokens)}
    </span>
  )
}
