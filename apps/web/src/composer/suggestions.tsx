import { memo, useDeferredValue, useMemo } from 'react'
import { useConversationState } from '../conversation/conversation-store.js'
import { words } from '../messages/words.js'
import { useModel } from '../server/queries.js'
import controls from '../theme/controls.module.css'
import { suggestionsFor, type Suggestion } from './suggest.js'
import styles from './suggestions.module.css'

/** What {@link Suggestions} need. */
export interface SuggestionsProps {
  text: string
  /** Default: the server's default model. */
  model?: string
  /** Whether a picture is edited. */
  edits: boolean
  onUse(text: string): void
}

/** Instructions and words that the model knows, to write them by one click. They follow the typing when there is time. */
export const Suggestions = memo(function Suggestions({ text: typed, model: name, edits, onUse }: SuggestionsProps) {
  const text = useDeferredValue(typed)
  const model = useModel(name)
  const turns = useConversationState((state) => state.turns)
  const said = useMemo(() => turns.map(({ instruction }) => instruction).join('. '), [turns])
  const shown = useMemo(() => (model ? suggestionsFor(text, model, edits, said) : []), [text, model, edits, said])
  return useMemo(() => shown.length > 0 && <List shown={shown} onUse={onUse} />, [shown, onUse])
})

function List({ shown, onUse }: { shown: readonly Suggestion[]; onUse(text: string): void }) {
  return (
    <ul className={styles.suggestions} aria-label={words.composer.suggestions}>
      {shown.map(({ label, text: next }) => (
        <li key={label}>
          <button type="button" className={controls.chip} onClick={() => onUse(next)}>
            {label}
          </button>
        </li>
      ))}
    </ul>
  )
}
