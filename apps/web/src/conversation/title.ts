import { words } from '../messages/words.js'
import { plainInstruction } from './mentions.js'

/** Most characters of a title made from an instruction. */
const maxLength = 60

/** A title for a conversation, from its first instruction: one line, mentions in words, cut between two words. */
export function titleOf(instruction: string): string {
  const line = plainInstruction(instruction) || words.app.untitled
  const characters = Array.from(new Intl.Segmenter().segment(line.slice(0, maxLength * 10)), ({ segment }) => segment)
  if (characters.length <= maxLength) return line
  const cut = characters.slice(0, maxLength - 1).join('')
  const space = cut.lastIndexOf(' ')
  return `${(space > maxLength / 2 ? cut.slice(0, space) : cut).trimEnd()}…`
}
