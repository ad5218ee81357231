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
  /** Such as `4:3`. */
  ratio: string
}

/**
 * Sizes with about as many pixels as the model's default size, by ratio. Where two ratios come to the same size, the first
 * one stays.
 */
export function sizePresets({ limits, defaults }: Pick<Model, 'limits' | 'defaults'>): SizePreset[] {
  const area = defaults.width * defaults.height
  const { sizeMultiple: unit, minSize, maxAspect } = limits
  const presets: SizePreset[] = []
  for (const [across, down] of ratios) {
    const width = Math.max(Math.round(Math.sqrt((area * across) / down) / unit) * unit, minSize)
    const height = Math.max(Math.floor(Math.min((width * down) / across, area / width) / unit) * unit, minSize)
    const long = Math.max(width, height) / Math.min(width, height)
    if (long > maxAspect || width * height > limits.maxFrameTokens * unit ** 2) continue
    if (presets.some((preset) => preset.width === width && preset.height === height)) continue
    presets.push({ width, height, ratio: `${across}:${down}` })
  }
  return presets
}
