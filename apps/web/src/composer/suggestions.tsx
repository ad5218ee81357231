import { useMemo } from 'react'
import { words } from '../messages/words.js'
import { useModel } from '../server/queries.js'
import controls from '../theme/controls.module.css'
import styles from './suggestions.module.css'

/** Most suggestions at once. */
const maxShown = 8

interface Suggestion {
  label: string
  /** The instruction after choosing it. */
  text: string
}

/**
 * How an instruction could go on: for an empty one the model's examples, otherwise examples that begin like it, and words
 * of the model's vocabulary that begin like its last word.
 */
export function suggestionsFor(text: string, examples: readonly string[], vocabulary: readonly string[]): Suggestion[] {
  const begun = text.trimStart().toLowerCase()
  if (!begun) return examples.map((example) => ({ label: example, text: example })).slice(0, maxShown)
  const whole = examples
    .filter((example) => example.toLowerCase().startsWith(begun) && example.length > begun.length)
    .map((example) => ({ label: example, text: example }))
  const [last = ''] = /[\p{L}\p{N}-]+$/u.exec(begun) ?? []
  const ends =
    last.length < 2
      ? []
      : vocabulary
          .filter((word) => word.toLowerCase().startsWith(last) && word.length > last.length)
          .map((word) => ({ label: word, text: `${text.slice(0, text.length - last.length)}${word} ` }))
  return [...whole, ...ends].slice(0, maxShown)
}

/** Instructions and words that the model knows, to write them by one click. */
export function Suggestions({ text, model: name, onUse }: { text: string; model?: string; onUse(text: string): void }) {
  const model = useModel(name)
  const shown = useMemo(
    () => (model ? suggestionsFor(text, model.examples, model.vocabulary) : []),
    [text, model],
  )
  if (shown.length === 0) return null
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
