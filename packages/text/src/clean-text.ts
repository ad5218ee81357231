import type { Manifest } from '@atelier/contracts'
import { decode } from 'html-entities'
import { fixMojibake } from './fix-mojibake.js'

/** One way of cleaning, as manifests name it. */
export type Cleaning = Manifest['text']['cleaning'][number]

const cleaners: Record<Cleaning, (text: string) => string> = {
  mojibake: fixText,
  // Twice, as the reference does: prompts from the web are often escaped twice.
  html: (text) => decode(decode(text)),
  whitespace: (text) => text.replace(/\s+/g, ' ').trim(),
}

/** The text as the model's tokeniser should read it; `steps` in their order. */
export function cleanText(text: string, steps: readonly Cleaning[]): string {
  return steps.reduce((current, step) => cleaners[step](current), text)
}

const ligatures: Record<string, string> = {
  ﬀ: 'ff',
  ﬁ: 'fi',
  ﬂ: 'fl',
  ﬃ: 'ffi',
  ﬄ: 'ffl',
  ﬅ: 'ſt',
  ﬆ: 'st',
  Ĳ: 'IJ',
  ĳ: 'ij',
  ŉ: 'ʼn',
  Ǆ: 'DŽ',
  ǅ: 'Dž',
  ǆ: 'dž',
  Ǉ: 'LJ',
  ǈ: 'Lj',
  ǉ: 'lj',
  Ǌ: 'NJ',
  ǋ: 'Nj',
  ǌ: 'nj',
}

/**
 * What the reference's text repair does to a prompt: mojibake undone, ligatures and full-width characters made plain,
 * curly quotes made straight, control characters dropped, composed (NFC). The models were trained on such text.
 */
export function fixText(text: string): string {
  return fixMojibake(text)
    .replace(/[ﬀ-ﬆĲĳŉǄ-ǌ]/g, (character) => ligatures[character]!)
    .replace(/[\u3000\uff01-\uffef]/g, (character) => character.normalize('NFKC'))
    .replace(/[‘’‚‛\u02bc]/g, "'")
    .replace(/[“”„‟]/g, '"')
    .replace(/\r\n?|[\u2028\u2029\x85]/g, '\n')
    .replace(/(?!\s)[\p{Cc}\u206a-\u206f\ufff9-\ufffc]|\ufeff/gu, '')
    .normalize('NFC')
}
