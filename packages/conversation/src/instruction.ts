import { AtelierError, countCharacters, maxInstructionLength } from '@atelier/contracts'

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

/** What a reader takes for a mention: also `@img-…`, and `@ img_…` with a space. */
const likeMention = /@ ?img[_-][0-9a-z_]*/g
const exactMention = /^@(img_[0-9a-z]{16})$/
const invisible = /^[\p{Default_Ignorable_Code_Point}\p{Cf}]$/u

/**
 * A text as mentions are searched in: lower case, full-width characters narrow, invisible ones left out. `starts` has
 * the place in the text of each of its units.
 */
function plainForm(text: string): { plain: string; starts: number[] } {
  let plain = ''
  const starts: number[] = []
  let position = 0
  for (const character of text) {
    const form = invisible.test(character) ? '' : character.normalize('NFKC').toLowerCase()
    for (let unit = 0; unit < form.length; unit += 1) starts.push(position)
    plain += form
    position += character.length
  }
  return { plain, starts }
}

/**
 * Everything in an instruction that looks like a mention, in order and with repetitions. Capital letters, full-width
 * characters (`＠`) and invisible ones make no difference: a mention that looks right is never taken for plain words.
 */
export function readMentions(instruction: string): Mention[] {
  const { plain, starts } = plainForm(instruction)
  return Array.from(plain.matchAll(likeMention), ({ 0: form, index }) => {
    const position = starts[index]!
    const last = starts[index + form.length - 1]!
    const end = last + String.fromCodePoint(instruction.codePointAt(last)!).length
    return { mention: instruction.slice(position, end), position, imageId: exactMention.exec(form)?.[1] ?? null }
  })
}

/** Ids of the images named `@img_…` in an instruction, in order of first mention, each once. */
export function findMentions(instruction: string): string[] {
  return [...new Set(readMentions(instruction).flatMap(({ imageId }) => imageId ?? []))]
}

/** The instruction with its mentions rewritten; what cannot be an id, and what `rewrite` does not know, stays. */
function rewriteMentions(instruction: string, rewrite: (imageId: string) => string | undefined): string {
  let done = 0
  let text = ''
  for (const { mention, position, imageId } of readMentions(instruction)) {
    const replacement = imageId === null ? undefined : rewrite(imageId)
    text += instruction.slice(done, position) + (replacement ?? mention)
    done = position + mention.length
  }
  return text + instruction.slice(done)
}

/** The instruction with other ids in its mentions; an id that `nameOf` does not know stays. */
export function renameMentions(instruction: string, nameOf: (imageId: string) => string | undefined): string {
  return rewriteMentions(instruction, (id) => {
    const name = nameOf(id)
    return name === undefined ? undefined : `@${name}`
  })
}

/**
 * Replaces mentions by names; a mention that `nameOf` does not know becomes plain `image`, the word that the model
 * reads for a picture it is not shown.
 *
 * @param nameOf - indicator of an image id, such as `{image1}`
 */
export function replaceMentions(instruction: string, nameOf: (imageId: string) => string | undefined): string {
  return rewriteMentions(instruction, (id) => nameOf(id) ?? 'image')
}
