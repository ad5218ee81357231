/** Text of each frame's segment for the passes of guidance, the target's first. */
export interface FrameTexts<Text> {
  conditional: Text[]
  unconditional: Text[]
}

/**
 * Which text each frame sees: the target the current instruction, a condition frame that of its own condition unit.
 * Without guidance's text the negative prompt stands in for two segments alone, the target's and the last frame's.
 *
 * @param current - the current instruction
 * @param frames - the instruction of each condition frame
 */
export function frameTexts<Text>(current: Text, frames: readonly Text[], negative: Text): FrameTexts<Text> {
  return {
    conditional: [current, ...frames],
    unconditional: [negative, ...frames.slice(0, -1), ...frames.slice(-1).map(() => negative)],
  }
}
