import { countCharacters } from '@atelier/contracts'

/** Longest title that a session gets from its first instruction, in characters. */
const titleLength = 80

/** The beginning of a text that has at most so many characters. */
export const beginningOf = (text: string, most: number): string =>
  countCharacters(text, most) <= most ? text : [...text].slice(0, most).join('')

/** The title of a session that begins with an instruction. */
export const titleOf = (instruction: string): string => beginningOf(instruction.trim(), titleLength) || 'Picture'
