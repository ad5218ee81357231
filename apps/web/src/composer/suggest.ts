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

/** The things that a text asks for, such as the house of “a red house”: what stands behind an article and a word it knows. */
function thingsIn(text: string, vocabulary: ReadonlySet<string>): string[] {
  const found = text.toLowerCase().matchAll(/\ban? ([a-z]+) ([a-z]+)/g)
  return [...found].flatMap(([, look = '', thing = '']) => (vocabulary.has(look) && vocabulary.has(thing) ? thing : []))
}

/**
 * The examples that fit what is there: “remove the star” needs a star. One about a thing that was never asked for is told
 * about the last one that was, and left out when there is none.
 */
function fitting(
  examples: readonly string[],
  { examples: all, vocabulary }: Pick<Model, 'examples' | 'vocabulary'>,
  said: string,
): string[] {
  const known = new Set(vocabulary)
  const things = new Set(thingsIn(all.join('. '), known))
  const there = thingsIn(said, known)
  const fit = examples.flatMap((example) => {
    const [, thing = ''] = /\bthe ([a-z]+)/.exec(example) ?? []
    if (!things.has(thing) || there.includes(thing)) return example
    const last = there.at(-1)
    return last ? example.replace(`the ${thing}`, `the ${last}`) : []
  })
  return [...new Set(fit)]
}

/**
 * How an instruction could go on: for an empty one the model's examples (of edits that fit, if a picture is edited),
 * otherwise examples that begin like it, and words of the model's vocabulary that begin like its last word.
 *
 * @param said - the instructions so far
 */
export function suggestionsFor(
  text: string,
  model: Pick<Model, 'examples' | 'vocabulary'>,
  edits: boolean,
  said: string,
): Suggestion[] {
  const { examples, vocabulary } = model
  const begun = text.trimStart().toLowerCase()
  if (!begun) {
    const kind = examples.filter((example) => describes.test(example) !== edits)
    return (edits ? fitting(kind, model, said) : kind)
      .map((example) => ({ label: example, text: example }))
      .slice(0, maxShown)
  }
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
