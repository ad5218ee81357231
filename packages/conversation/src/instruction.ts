import { AtelierError, countCharacters, maxInstructionLength } from '@atelier/contracts'

const mention = /@(img_[0-9a-z]{16})(?![0-9a-zA-Z_])/g
const anyMention = /@img_[0-9A-Za-z_]*/g

/** An `@img_…` in a text. */
export interface Mention {
  /** As written, with the `@`. */
  mention: string
  /** Where it starts, in UTF-16 units from the start of the text. */
  position: number
  /** The image's id; null for what cannot be one, for example a name cut short. */
  imageId: string | null
}

/** Checks the length of an instruction. @throws AtelierError `instruction_empty` or `instruction_too_long` */
export function checkInstruction(instruction: string): void {
  if (!instruction.trim()) throw new AtelierError('instruction_empty')
  const max = maxInstructionLength
  const length = countCharacters(instruction, max)
  if (length <= max) return
  throw new AtelierError('instruction_too_long', `The instruction has ${length} characters; ${max} are allowed.`, {
    length,
    max,
  })
}

/** Everything in an instruction that looks like a mention, in order and with repetitions. */
export function readMentions(instruction: string): Mention[] {
  return Array.from(instruction.matchAll(anyMention), ({ 0: text, index }) => ({
    mention: text,
    position: index,
    imageId: new RegExp(`^${mention.source}$`).exec(text)?.[1] ?? null,
  }))
}

/** Ids of the images named `@img_…` in an instruction, in order of first mention, each once. */
export function findMentions(instruction: string): string[] {
  return [...new Set(readMentions(instruction).flatMap(({ imageId }) => imageId ?? []))]
}

/** The instruction with other ids in its mentions; an id that `nameOf` does not know stays. */
export function renameMentions(instruction: string, nameOf: (imageId: string) => string | undefined): string {
  return instruction.replace(mention, (_, id: string) => `@${nameOf(id) ?? id}`)
}

/**
 * Replaces mentions by names; a mention that `nameOf` does not know becomes plain `image`, the word that the model
 * reads for a picture it is not shown.
 *
 * @param nameOf - indicator of an image id, such as `{image1}`
 */
export function replaceMentions(instruction: string, nameOf: (imageId: string) => string | undefined): string {
  return instruction.replace(mention, (_, id: string) => nameOf(id) ?? 'image')
}
