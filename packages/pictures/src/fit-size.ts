/** Rounds to the nearest integer, halves to the even one, as Python and PyTorch do. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const fraction = value - floor
  if (fraction === 0.5) return floor % 2 === 0 ? floor : floor + 1
  return fraction < 0.5 ? floor : floor + 1
}

/** Limits of a model that decide the size of its frames. */
export interface SizeLimits {
  /** Most patches of one frame. */
  maxFrameTokens: number
  /** Frames are a multiple of this many pixels each way; one token covers that many squared. */
  sizeMultiple: number
  /** Longest side over shortest. */
  maxAspect: number
}

/** Part of the picture to use, and the size to give it, in pixels. */
export interface Fit {
  left: number
  top: number
  cropWidth: number
  cropHeight: number
  width: number
  height: number
}

/**
 * How a picture becomes a frame: the middle of too long a picture, scaled down until its patches fit, each side cut
 * down to the multiple. Never scaled up, except that a side shorter than the multiple becomes the multiple.
 */
export function fitSize(width: number, height: number, limits: SizeLimits): Fit {
  const { maxFrameTokens, sizeMultiple: unit, maxAspect } = limits
  const cropWidth = Math.min(width, Math.floor(height * maxAspect))
  const cropHeight = Math.min(height, Math.floor(width * maxAspect))
  const tokens = (cropHeight / unit) * (cropWidth / unit)
  const scale = Math.min(1, Math.sqrt(maxFrameTokens / tokens))
  const side = (size: number): number => Math.max(unit, Math.floor(Math.floor(size * scale) / unit) * unit)
  return {
    left: roundHalfEven((width - cropWidth) / 2),
    top: roundHalfEven((height - cropHeight) / 2),
    cropWidth,
    cropHeight,
    width: side(cropWidth),
    height: side(cropHeight),
  }
}
