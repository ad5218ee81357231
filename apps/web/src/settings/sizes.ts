import type { Model } from '@atelier/contracts'

/** Ratios of width to height that are offered, where the model can draw them. */
const ratios: readonly (readonly [number, number])[] = [
  [1, 1],
  [4, 3],
  [3, 4],
  [3, 2],
  [2, 3],
  [16, 9],
  [9, 16],
]

/** A size to choose. Pixels. */
export interface SizePreset {
  width: number
  height: number
  /** Its shape, such as `4:3`; where no small numbers come near it, its size. */
  ratio: string
}

/** How far a shape may be from a ratio that it is called by, as a share. */
const tolerance = 0.03
/** The largest number of a ratio that still says something to people. */
const largest = 21

/** How much the number of pixels counts beside the shape, when a size is looked for. */
const areaWeight = 0.25

/** What the shape of a size is called. */
export function ratioOf(width: number, height: number): string {
  const near = ratios.find(([across, down]) => Math.abs((width * down) / (height * across) - 1) <= tolerance)
  if (near) return near.join(':')
  const divisor = commonDivisor(width, height)
  const [across, down] = [width / divisor, height / divisor]
  return Math.max(across, down) <= largest ? `${across}:${down}` : `${width} × ${height}`
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b))

/**
 * Sizes with about as many pixels as the model's default size, as near to the ratios as its multiples come. Where two ratios
 * come to the same size, the first one stays.
 */
export function sizePresets({ limits, defaults }: Pick<Model, 'limits' | 'defaults'>): SizePreset[] {
  const area = defaults.width * defaults.height
  const { sizeMultiple: unit, minSize, maxAspect } = limits
  const presets: SizePreset[] = []
  for (const [across, down] of ratios) {
    const wide = Math.sqrt((area * across) / down) / unit
    const high = area / unit ** 2 / wide
    const near = [Math.floor, Math.ceil].flatMap((toWidth) =>
      [Math.floor, Math.ceil].map((toHeight) => {
        const [width, height] = [Math.max(toWidth(wide) * unit, minSize), Math.max(toHeight(high) * unit, minSize)]
        const [shape, pixels] = [(width * down) / (height * across), (width * height) / area]
        return { width, height, off: Math.abs(Math.log(shape)) + areaWeight * Math.abs(Math.log(pixels)) }
      }),
    )
    const drawn = near.filter(({ width, height }) => {
      const long = Math.max(width, height) / Math.min(width, height)
      return long <= maxAspect && width * height <= limits.maxFrameTokens * unit ** 2
    })
    const [best] = drawn.toSorted((a, b) => a.off - b.off)
    if (!best || presets.some(({ width, height }) => width === best.width && height === best.height)) continue
    const { width, height } = best
    presets.push({ width, height, ratio: ratioOf(width, height) })
  }
  return presets
}
