import { z } from 'zod'

/** One character may consist of many code units; this many for each allowed character bound a text in all. */
const unitsPerCharacter = 10

const segmenter = new Intl.Segmenter()
/** How much a segmenter is given at once. */
const pieceUnits = 256
const plain = /^[\x20-\x7e]*$/

/**
 * The length of a text in characters as people count them (grapheme clusters): a flag, a family or a letter with its
 * accents is one. So that no text is endless, one of more UTF-16 units than ten times `max` counts those instead.
 *
 * @param max - most characters that the caller allows
 */
export function countCharacters(text: string, max: number): number {
  if (text.length > max * unitsPerCharacter || plain.test(text)) return text.length
  let count = 0
  // The time of a segmenter grows with the square of the text, so it reads a piece at a time. The last character of a
  // piece may go on behind it and is counted with the next one.
  for (let at = 0, size = pieceUnits; at < text.length;) {
    const starts = Array.from(segmenter.segment(text.slice(at, at + size)), ({ index }) => index)
    if (at + size >= text.length) return count + starts.length
    count += starts.length - 1
    size = starts.length > 1 ? pieceUnits : size * 2
    at += starts.at(-1)!
  }
  return count
}

/** Schema of a text of at most `max` characters, see {@link countCharacters}. */
export const textSchema = (max: number, text = z.string()): z.ZodString =>
  text.refine((value) => countCharacters(value, max) <= max, {
    error: `must have at most ${max} characters`,
    abort: true,
  })
