import { emptyRect, rectBetween, type Point, type Rect, type Size } from '../geometry.js'

/** From this brightness on (of 255) a pixel of a mask picture is marked, as the API counts. */
const markedFrom = 128

/**
 * A mask: for every pixel of a picture, 1 when the model may change it, else 0. It has the picture's own size, because the
 * API takes no other.
 */
export class MaskRaster implements Size {
  readonly pixels: Uint8Array

  /** @param pixels - rows from the top, `width * height` values of 0 or 1; default: nothing is marked */
  constructor(
    readonly width: number,
    readonly height: number,
    pixels?: Uint8Array,
  ) {
    this.pixels = pixels ?? new Uint8Array(width * height)
  }

  /** The marks of a mask picture: what is at least half bright. @param rgba - four bytes a pixel, laid over black */
  static fromBrightness({ width, height }: Size, rgba: Uint8ClampedArray): MaskRaster {
    const raster = new MaskRaster(width, height)
    for (let i = 0, at = 0; i < raster.pixels.length; i++, at += 4) {
      const brightness = 0.2126 * rgba[at]! + 0.7152 * rgba[at + 1]! + 0.0722 * rgba[at + 2]!
      raster.pixels[i] = (brightness * rgba[at + 3]!) / 255 >= markedFrom ? 1 : 0
    }
    return raster
  }

  /** The mask as a picture: white where it is marked, black elsewhere. */
  toBrightness(): Uint8ClampedArray<ArrayBuffer> {
    const rgba = new Uint8ClampedArray(this.pixels.length * 4)
    const words = new Uint32Array(rgba.buffer)
    // bytes A, B, G, R on the little-endian machines that browsers run on
    for (let i = 0; i < words.length; i++) words[i] = this.pixels[i] ? 0xffffffff : 0xff000000
    return rgba
  }

  /** How many pixels are marked. */
  get marked(): number {
    let count = 0
    for (const pixel of this.pixels) count += pixel
    return count
  }

  /** Whether the pixel at this place is marked. */
  at(x: number, y: number): boolean {
    return this.pixels[y * this.width + x] === 1
  }

  /** All of it. */
  get bounds(): Rect {
    return { x: 0, y: 0, width: this.width, height: this.height }
  }

  fillRect({ x, y, width, height }: Rect, value: 0 | 1): void {
    for (let row = y; row < y + height; row++) {
      const start = row * this.width + x
      this.pixels.fill(value, start, start + width)
    }
  }

  /**
   * Fills a polygon: every pixel whose centre is inside. Where the outline crosses itself, all of it is inside, as a brush
   * that goes over its own stroke marks no less.
   */
  fillPolygon(points: readonly Point[], value: 0 | 1): void {
    const { y: top, height } = boundsOf(points, this)
    for (let row = top; row < top + height; row++) {
      const crossings = crossingsOf(points, row + 0.5).sort((a, b) => a.x - b.x)
      for (let i = 0, winding = 0; i < crossings.length - 1; i++) {
        winding += crossings[i]!.direction
        if (winding === 0) continue
        const from = Math.max(0, Math.ceil(crossings[i]!.x - 0.5))
        const to = Math.min(this.width, Math.ceil(crossings[i + 1]!.x - 0.5))
        if (to > from) this.pixels.fill(value, row * this.width + from, row * this.width + to)
      }
    }
  }

  /** Fills the pixels along a line, each of which the line passes through or near: no thinner brush leaves a gap. */
  fillLine(from: Point, to: Point, value: 0 | 1): void {
    const steps = Math.max(1, Math.ceil(2 * Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y))))
    for (let i = 0; i <= steps; i++) {
      const x = Math.floor(from.x + ((to.x - from.x) * i) / steps)
      const y = Math.floor(from.y + ((to.y - from.y) * i) / steps)
      if (x >= 0 && y >= 0 && x < this.width && y < this.height) this.pixels[y * this.width + x] = value
    }
  }

  invert(): void {
    for (let i = 0; i < this.pixels.length; i++) this.pixels[i]! ^= 1
  }
}

/** The part of a picture that some points take up, in whole pixels. */
export function boundsOf(points: readonly Point[], size: Size, margin = 0): Rect {
  if (!points.length) return emptyRect
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const { x, y } of points) {
    left = Math.min(left, x)
    right = Math.max(right, x)
    top = Math.min(top, y)
    bottom = Math.max(bottom, y)
  }
  return rectBetween({ x: left - margin, y: top - margin }, { x: right + margin, y: bottom + margin }, size)
}

/** Where the outline of a polygon crosses a height, and whether it goes down (1) or up (-1) there. */
function crossingsOf(points: readonly Point[], y: number): { x: number; direction: number }[] {
  const crossings = []
  for (let i = 0; i < points.length; i++) {
    const [a, b] = [points[i]!, points[(i + 1) % points.length]!]
    if (a.y <= y === b.y <= y) continue
    crossings.push({ x: a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x), direction: a.y < b.y ? 1 : -1 })
  }
  return crossings
}
