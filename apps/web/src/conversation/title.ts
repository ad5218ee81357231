import { words } from '../messages/words.js'
import { plainInstruction } from './mentions.js'

/** Most characters of a title made from an instruction. */
const maxLength = 60

/** A title for a conversation, from its first instruction: one line, mentions in words, cut between two words. */
export const titleOf = (instruction: string): string =>
  shortened(plainInstruction(instruction) || words.app.untitled, maxLength)

/** A line with at most so many characters, cut between two words where there are some. */
export function shortened(line: string, most: number): string {
  const characters = Array.from(new Intl.Segmenter().segment(line.slice(0, most * 10)), ({ segment }) => segment)
  if (characters.length <= most) return line
  const cut = characters.slice(0, most - 1).join('')
  const space = cut.lastIndexOf(' ')
  return `${(space > most / 2 ? cut.slice(0, space) : cut).trimEnd()}…`
}
