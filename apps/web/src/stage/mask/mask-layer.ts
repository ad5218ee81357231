import type { MaskMode } from '@atelier/contracts'
import type { Rect, Size } from '../geometry.js'
import type { MaskRaster } from './mask-raster.js'

/** How wide the line around marks is, in CSS pixels, and the offsets that make it. */
const line = 1.5
const around = [0, 45, 90, 135, 180, 225, 270, 315].map((degrees) => (degrees * Math.PI) / 180)

const canvasOf = ({ width, height }: Size) => Object.assign(document.createElement('canvas'), { width, height })

/** The colours of masks, as the page's tokens have them. */
interface Colours {
  mask: string
  checks: [string, string]
}

function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element)
  const token = (name: string) => style.getPropertyValue(name).trim()
  return { mask: token('--mask'), checks: [token('--check-a'), token('--check-b')] }
}

/** Draws a mask over its picture: sharp at every zoom, and visible on every colour. */
export class MaskLayer {
  /** The marks as opaque pixels, at the picture's own size. */
  private readonly marks: HTMLCanvasElement
  private readonly edge = document.createElement('canvas')
  private readonly patterns = new Map<string, HTMLCanvasElement>()

  constructor(private readonly raster: MaskRaster) {
    this.marks = canvasOf(raster)
    this.update(raster.bounds)
  }

  /** Takes over a part of the mask that has changed. */
  update({ x, y, width, height }: Rect): void {
    if (!width || !height) return
    const part = new ImageData(width, height)
    const words = new Uint32Array(part.data.buffer)
    for (let row = 0; row < height; row++) {
      const start = (y + row) * this.raster.width + x
      for (let i = 0; i < width; i++) if (this.raster.pixels[start + i]) words[row * width + i] = 0xffffffff
    }
    this.marks.getContext('2d')!.putImageData(part, x, y)
  }

  /**
   * Draws it on a canvas that lies over the picture.
   *
   * @param place - of the picture, in CSS pixels
   * @param mode - `keep` tints what is marked, `erase` shows it as gone
   */
  draw(canvas: HTMLCanvasElement, place: Rect, mode: MaskMode): void {
    const density = window.devicePixelRatio
    const context = canvas.getContext('2d')!
    const { width, height } = canvas
    const put = (on: CanvasRenderingContext2D, dx = 0, dy = 0) => {
      on.imageSmoothingEnabled = false
      const at = (length: number) => length * density
      on.drawImage(this.marks, at(place.x + dx), at(place.y + dy), at(place.width), at(place.height))
    }
    context.globalCompositeOperation = 'copy'
    put(context)
    context.globalCompositeOperation = 'source-in'
    context.fillStyle = context.createPattern(this.pattern(mode, coloursOf(canvas), density), 'repeat')!
    context.fillRect(0, 0, width, height)

    const edge = this.edge.getContext('2d')!
    if (this.edge.width !== width || this.edge.height !== height) Object.assign(this.edge, { width, height })
    for (const [colour, distance] of [
      ['rgb(0 0 0 / 0.55)', line + 1],
      ['#fff', line],
    ] as const) {
      edge.globalCompositeOperation = 'source-over'
      edge.clearRect(0, 0, width, height)
      for (const angle of around) put(edge, Math.cos(angle) * distance, Math.sin(angle) * distance)
      edge.globalCompositeOperation = 'destination-out'
      put(edge)
      edge.globalCompositeOperation = 'source-in'
      edge.fillStyle = colour
      edge.fillRect(0, 0, width, height)
      context.globalCompositeOperation = 'source-over'
      context.drawImage(this.edge, 0, 0)
    }
  }

  private pattern(mode: MaskMode, { mask, checks }: Colours, density: number): HTMLCanvasElement {
    const key = [mode, mask, ...checks, density].join()
    const pattern = this.patterns.get(key) ?? (mode === 'keep' ? stripes(mask, density) : checked(checks, density))
    this.patterns.set(key, pattern)
    return pattern
  }
}

/** A tint with thin stripes, through which the picture stays visible. */
function stripes(tint: string, density: number): HTMLCanvasElement {
  const side = Math.round(10 * density)
  const canvas = canvasOf({ width: side, height: side })
  const context = canvas.getContext('2d')!
  context.fillStyle = tint
  context.globalAlpha = 0.42
  context.fillRect(0, 0, side, side)
  context.globalAlpha = 0.6
  context.strokeStyle = '#fff'
  context.lineWidth = density
  for (const shift of [-side, 0, side]) {
    context.beginPath()
    context.moveTo(shift, side)
    context.lineTo(shift + side, 0)
    context.stroke()
  }
  return canvas
}

/** The checks that stand for "nothing is here". */
function checked([a, b]: [string, string], density: number): HTMLCanvasElement {
  const half = Math.round(8 * density)
  const canvas = canvasOf({ width: 2 * half, height: 2 * half })
  const context = canvas.getContext('2d')!
  context.fillStyle = a
  context.fillRect(0, 0, 2 * half, 2 * half)
  context.fillStyle = b
  context.fillRect(0, 0, half, half)
  context.fillRect(half, half, half, half)
  return canvas
}
