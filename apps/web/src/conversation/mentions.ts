import { words } from '../messages/words.js'

/** A complete mention in a text. */
const mentions = /[@＠](img_[0-9a-z]{16})(?![0-9a-z_])/giu

/** A piece of an instruction: text, or the id of a picture that is mentioned. */
export type Piece = { text: string } | { imageId: string }

/** An instruction in pieces. */
export function piecesOf(instruction: string): Piece[] {
  const pieces: Piece[] = []
  let done = 0
  for (const { 0: mention, 1: imageId, index } of instruction.matchAll(mentions)) {
    if (index > done) pieces.push({ text: instruction.slice(done, index) })
    pieces.push({ imageId: imageId!.toLowerCase() })
    done = index + mention.length
  }
  if (done < instruction.length) pieces.push({ text: instruction.slice(done) })
  return pieces
}

/** Ids of the pictures that an instruction mentions, in order, each once. */
export const mentionedIn = (instruction: string): string[] => [
  ...new Set(piecesOf(instruction).flatMap((piece) => ('imageId' in piece ? piece.imageId : []))),
]

/** An instruction for reading, on one line: mentions become plain words. */
export function plainInstruction(instruction: string): string {
  return piecesOf(instruction)
    .map((piece) => ('text' in piece ? piece.text : words.conversation.thePicture))
    .join('')
    .replace(/\s+/g, ' ')
    .trim()
}

/** An instruction without the mentions of a picture. */
export const withoutMention = (instruction: string, imageId: string): string =>
  piecesOf(instruction)
    .map((piece) => ('text' in piece ? piece.text : piece.imageId === imageId ? '' : `@${piece.imageId}`))
    .join('')
