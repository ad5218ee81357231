import type { Manifest } from '@atelier/contracts'
import { decode } from 'html-entities'
import { fixText } from './fix-text.js'

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
