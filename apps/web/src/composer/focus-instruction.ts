/** The id of the field in which the instruction is written. */
export const instructionId = 'instruction'

/** Puts the focus into the instruction. */
export function focusInstruction(): void {
  document.getElementById(instructionId)?.focus()
}
