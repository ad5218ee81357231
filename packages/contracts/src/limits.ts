/** Maximum length of an instruction, in characters. */
export const maxInstructionLength = 2000
/** Maximum number of condition images: the model has ten indicators, `{image}` … `{image9}`, and the target uses one. */
export const maxConditionImages = 9
