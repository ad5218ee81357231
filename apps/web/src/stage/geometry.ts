/** Pixels of a picture or a part of the screen. */
export interface Size {
  width: number
  height: number
}

/** A place in a picture: pixels from its left upper corner, with fractions. */
export interface Point {
  x: number
  y: number
}

/** A part of a picture in whole pixels; empty when a side is 0. */
export interface Rect extends Point, Size {}

export const emptyRect: Rect = { x: 0, y: 0, width: 0, height: 0 }

/** The smallest part that holds both. */
export function union(a: Rect, b: Rect): Rect {
  if (!a.width || !a.height) return b
  if (!b.width || !b.height) return a
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)]
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  }
}

/** The part that both have in common; empty when there is none. */
export function intersection(a: Rect, b: Rect): Rect {
  const [x, y] = [Math.max(a.x, b.x), Math.max(a.y, b.y)]
  const width = Math.max(0, Math.min(a.x + a.width, b.x + b.width) - x)
  const height = Math.max(0, Math.min(a.y + a.height, b.y + b.height) - y)
  return { x, y, width, height }
}

/** A part with a margin around it. */
export const grown = ({ x, y, width, height }: Rect, margin: number): Rect => ({
  x: x - margin,
  y: y - margin,
  width: width + 2 * margin,
  height: height + 2 * margin,
})

/** The part between two corners, rounded outwards to whole pixels, and inside of `size`. */
export function rectBetween(a: Point, b: Point, size: Size): Rect {
  const clamp = (value: number, most: number) => Math.min(Math.max(value, 0), most)
  const left = clamp(Math.floor(Math.min(a.x, b.x)), size.width)
  const top = clamp(Math.floor(Math.min(a.y, b.y)), size.height)
  const right = clamp(Math.ceil(Math.max(a.x, b.x)), size.width)
  const bottom = clamp(Math.ceil(Math.max(a.y, b.y)), size.height)
  return { x: left, y: top, width: right - left, height: bottom - top }
}
