import { readPatches, writePatches, type PlaneShape } from './patches.js'

/** A latent image with its mask channel. */
export interface LatentFrame {
  height: number
  width: number
  /** `[channels, height, width]`, scaled. The target's is written before each step, so it may be left out. */
  latent?: Float32Array
  /** `[height, width]`: 1 = to be edited or used. */
  mask: Float32Array
}

/** All frames as the denoiser's visual sequence, once a row of the batch. Only the target changes between steps. */
export class Sequence {
  readonly layout: FrameLayout
  /** `[batch, tokens, patchWidth]`. */
  readonly patches: Float32Array
  /** Numbers of a patch: patch² · (channels + 1). */
  readonly patchWidth: number
  /** Of the target's latent. */
  readonly target: PlaneShape

  /**
   * @param frames - the target first, then the condition frames, oldest first; sides are multiples of `patch`
   * @param batch - 2 with guidance, else 1: the rows are equal, their texts differ
   */
  constructor(
    frames: readonly LatentFrame[],
    readonly batch: number,
    channels: number,
    patch: number,
  ) {
    const shapes = frames.map(({ height, width }) => ({ channels, height, width, patch }))
    this.layout = frameLayout(shapes.map(({ height, width }) => ({ rows: height / patch, columns: width / patch })))
    this.target = shapes[0]!
    this.patchWidth = patch * patch * (channels + 1)
    this.patches = new Float32Array(batch * this.layout.tokens * this.patchWidth)
    let token = 0
    frames.forEach(({ latent, mask }, index) => {
      const shape = shapes[index]!
      const out = this.patches.subarray(token * this.patchWidth)
      if (latent) writePatches(latent, shape, out, this.patchWidth)
      writePatches(mask, { ...shape, channels: 1 }, out, this.patchWidth, channels)
      token += (shape.height / patch) * (shape.width / patch)
    })
    this.repeatFirstRow(this.patches.length / batch)
  }

  /** Puts the noised latent `[channels, height, width]` into the target's tokens. */
  writeTarget(latent: Float32Array): void {
    writePatches(latent, this.target, this.patches, this.patchWidth)
    this.repeatFirstRow(this.layout.targetTokens * this.patchWidth)
  }

  /** Reads row `row` of the denoiser's `eps` into `out [channels, height, width]`. */
  readTarget(eps: Float32Array, row: number, out: Float32Array): void {
    readPatches(eps.subarray(row * out.length, (row + 1) * out.length), this.target, out)
  }

  private repeatFirstRow(length: number): void {
    for (let row = 1; row < this.batch; row++)
      this.patches.copyWithin((row * this.patches.length) / this.batch, 0, length)
  }
}

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
