import type { Size } from '../geometry.js'

/** The widths that a brush may have on a picture, in its pixels. */
export const brushRange = ({ width, height }: Size): { least: number; most: number } => ({
  least: 1,
  most: Math.max(2, Math.round(Math.max(width, height) / 2)),
})

/** The width to begin with: a sixteenth of the longer side. */
export const firstBrush = ({ width, height }: Size): number => Math.max(2, Math.round(Math.max(width, height) / 16))

/** The next width up (1) or down (-1): a fifth more or less, and at least a pixel. */
export function nextBrush(size: number, direction: 1 | -1, picture: Size): number {
  const { least, most } = brushRange(picture)
  const next = direction > 0 ? Math.max(size + 1, size * 1.2) : Math.min(size - 1, size / 1.2)
  return Math.min(most, Math.max(least, Math.round(next)))
}

/** Steps of the slider, whose lower half is for fine brushes. */
export const sliderSteps = 100

/** The step of the slider at which a width is. */
export function stepOf(size: number, picture: Size): number {
  const { least, most } = brushRange(picture)
  return Math.round((sliderSteps * Math.log(size / least)) / Math.log(most / least))
}

/** The width at a step of the slider. */
export function sizeAt(step: number, picture: Size): number {
  const { least, most } = brushRange(picture)
  return Math.round(least * (most / least) ** (step / sliderSteps))
}
