const mention = /@(img_[0-9a-z]{16})(?![0-9a-z_])/g
const anyMention = /@img_[0-9A-Za-z_]*/g

/** Ids of the images named `@img_…` in an instruction, in order of first mention, each once. */
export function findMentions(instruction: string): string[] {
  return [...new Set(Array.from(instruction.matchAll(mention), (match) => match[1]!))]
}

/** What looks like a mention but cannot be an image's id, for example a name cut short. */
export function malformedMentions(instruction: string): string[] {
  return (instruction.match(anyMention) ?? []).filter((text) => !new RegExp(`^${mention.source}$`).test(text))
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
