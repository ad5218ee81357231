import type { Size } from './geometry.js'

/** Pictures up to this many pixels a side are shown as what they are: squares of colour with sharp edges. */
const smallSide = 192
/** A pixel of theirs gets at most so many CSS pixels a side, or a picture of one pixel would be a wall of colour. */
export const mostSharp = 16
/** Larger ones are never blown up more than this, because they would only blur. */
const mostSmooth = 2

/** How a picture is shown in a place. */
export interface Shown extends Size {
  /** Screen pixels (CSS) for one pixel of the picture. */
  scale: number
  /** Whether its pixels keep their edges. */
  pixelated: boolean
}

/** Whether a picture has so few pixels that they are shown with their edges. */
export const isSmall = ({ width, height }: Size): boolean => Math.max(width, height) <= smallSide

/**
 * How large to show a picture in a place. A small one is enlarged by a whole number of the screen's own pixels, so that all
 * its pixels come out equally large; any other fills the place, smoothly.
 *
 * @param place - in CSS pixels
 * @param density - the screen's pixels for a CSS pixel (`devicePixelRatio`)
 */
export function fitPicture(picture: Size, place: Size, density = 1): Shown {
  const fill = Math.max(0, Math.min(place.width / picture.width, place.height / picture.height))
  const small = isSmall(picture)
  const whole = Math.floor(Math.min(fill, mostSharp) * density) / density
  const scale = small && whole > 0 ? whole : Math.min(fill, mostSmooth)
  const round = (length: number) => Math.round(length * scale * density) / density
  return { width: round(picture.width), height: round(picture.height), scale, pixelated: small && scale >= 1 }
}
