import type { Model } from '@atelier/contracts'

/** Most suggestions at once. */
const maxShown = 8

/** How an instruction could go on. */
export interface Suggestion {
  label: string
  /** The instruction after choosing it. */
  text: string
}

/** An example that describes a new picture, rather than a change of one. */
const describes = /^(an?|the|some|two|three)\s/i

/**
 * How an instruction could go on: for an empty one the model's examples (of edits, if a picture is edited), otherwise examples that begin like it, and words
 * of the model's vocabulary that begin like its last word.
 */
export function suggestionsFor(
  text: string,
  { examples, vocabulary }: Pick<Model, 'examples' | 'vocabulary'>,
  edits: boolean,
): Suggestion[] {
  const begun = text.trimStart().toLowerCase()
  if (!begun)
    return examples
      .filter((example) => describes.test(example) !== edits)
      .map((example) => ({ label: example, text: example }))
      .slice(0, maxShown)
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
  // A word of the vocabulary can be an example, too.
  const known = new Set(whole.map(({ label }) => label))
  return [...whole, ...ends.filter(({ label }) => !known.has(label))].slice(0, maxShown)
}
