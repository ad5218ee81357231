/** Rows and columns of a frame, in patches. */
export interface Grid {
  rows: number
  columns: number
}

/** Where the tokens of each frame lie in the visual sequence. Frame 0 is the target. */
export interface FrameLayout {
  /** Tokens of all frames. */
  tokens: number
  /** Tokens of the largest frame. */
  slotsPerFrame: number
  targetTokens: number
  /** `[tokens, 3]`: frame, row, column of each token. */
  positions: BigInt64Array
  /** `[frames, slotsPerFrame]`: the token in each slot; slots past a frame's end point at token 0. */
  frameSlots: BigInt64Array
  /** `[tokens]`: each token's slot in the flattened `frameSlots`. */
  tokenSlot: BigInt64Array
}

/** The layout of frames that stand one after another, each row by row. Needs at least the target. */
export function frameLayout(grids: readonly Grid[]): FrameLayout {
  const counts = grids.map(({ rows, columns }) => rows * columns)
  const tokens = counts.reduce((sum, count) => sum + count, 0)
  const slotsPerFrame = Math.max(...counts)
  const positions = new BigInt64Array(tokens * 3)
  const frameSlots = new BigInt64Array(grids.length * slotsPerFrame)
  const tokenSlot = new BigInt64Array(tokens)
  let token = 0
  grids.forEach(({ columns }, frame) => {
    for (let index = 0; index < counts[frame]!; index++, token++) {
      const slot = frame * slotsPerFrame + index
      positions.set([frame, Math.floor(index / columns), index % columns].map(BigInt), token * 3)
      frameSlots[slot] = BigInt(token)
      tokenSlot[token] = BigInt(slot)
    }
  })
  return { tokens, slotsPerFrame, targetTokens: counts[0]!, positions, frameSlots, tokenSlot }
}
