/** Maximum length of an instruction or a negative prompt, in characters as people count them (grapheme clusters). */
export const maxInstructionLength = 2000
/** Maximum length of a title, in the same characters. */
export const maxTitleLength = 200
/** Maximum number of condition images: the model has ten indicators, `{image}` … `{image9}`, and the target uses one. */
export const maxConditionImages = 9
