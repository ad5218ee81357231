import type { MaskMode } from '@atelier/contracts'
import { grown, intersection, type Rect, type Size } from '../geometry.js'
import type { MaskRaster } from './mask-raster.js'

/** How wide the line around marks is, in CSS pixels, and the offsets that make it. */
const line = 1.5
const around = [0, 45, 90, 135, 180, 225, 270, 315].map((degrees) => (degrees * Math.PI) / 180)

/** Pixels of a side of a tile. */
const tileSide = 512

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
  /**
   * The marks as opaque pixels, at the picture's own size. In tiles, because a browser copies a whole canvas that changes
   * after it was drawn from.
   */
  private readonly tiles: { rect: Rect; canvas: HTMLCanvasElement }[] = []
  /** The marks as they are on the screen, and the line around them. */
  private readonly view = document.createElement('canvas')
  private readonly edge = document.createElement('canvas')
  private readonly patterns = new Map<string, HTMLCanvasElement>()

  constructor(private readonly raster: MaskRaster) {
    const { width, height } = raster
    for (let y = 0; y < height; y += tileSide)
      for (let x = 0; x < width; x += tileSide) {
        const rect = { x, y, width: Math.min(tileSide, width - x), height: Math.min(tileSide, height - y) }
        this.tiles.push({ rect, canvas: canvasOf(rect) })
      }
    this.update(raster.bounds)
  }

  /** Takes over a part of the mask that has changed. */
  update(changed: Rect): void {
    for (const { rect, canvas } of this.tiles) {
      const part = intersection(rect, changed)
      if (!part.width || !part.height) continue
      const pixels = new ImageData(part.width, part.height)
      const words = new Uint32Array(pixels.data.buffer)
      for (let row = 0; row < part.height; row++) {
        const start = (part.y + row) * this.raster.width + part.x
        for (let i = 0; i < part.width; i++) if (this.raster.pixels[start + i]) words[row * part.width + i] = 0xffffffff
      }
      canvas.getContext('2d')!.putImageData(pixels, part.x - rect.x, part.y - rect.y)
    }
  }

  /**
   * Draws it on a canvas that lies over the picture.
   *
   * @param place - of the picture, in CSS pixels
   * @param mode - `keep` tints what is marked, `erase` shows it as gone
   * @param changed - part of the mask that has changed since it was drawn at this place in this mode; default: all is drawn
   */
  draw(canvas: HTMLCanvasElement, place: Rect, mode: MaskMode, changed?: Rect): void {
    const density = window.devicePixelRatio
    const { width, height } = canvas
    // whole pixels of the screen, or there would be lines between the tiles
    const across = (x: number) => Math.round((place.x + (x * place.width) / this.raster.width) * density)
    const down = (y: number) => Math.round((place.y + (y * place.height) / this.raster.height) * density)
    const onScreen = ({ x, y, width, height }: Rect): Rect => {
      const [left, top] = [across(x), down(y)]
      return { x: left, y: top, width: across(x + width) - left, height: down(y + height) - top }
    }
    const all = { x: 0, y: 0, width, height }
    const part = changed ? intersection(all, grown(onScreen(changed), Math.ceil(3 * line * density))) : all
    if (!part.width || !part.height) return
    const { x, y } = part
    for (const one of [this.view, this.edge])
      if (one.width !== width || one.height !== height) Object.assign(one, { width, height })

    // Scaled once: what follows is done at the size of the screen, however large the picture is.
    const view = begin(this.view, part)
    view.imageSmoothingEnabled = false
    for (const { rect, canvas: tile } of this.tiles) {
      const to = onScreen(rect)
      const seen = intersection(to, part)
      if (seen.width && seen.height) view.drawImage(tile, to.x, to.y, to.width, to.height)
    }
    view.restore()

    const context = begin(canvas, part)
    context.drawImage(this.view, 0, 0)
    context.globalCompositeOperation = 'source-in'
    context.fillStyle = context.createPattern(this.pattern(mode, coloursOf(canvas), density), 'repeat')!
    context.fillRect(x, y, part.width, part.height)
    context.globalCompositeOperation = 'source-over'
    for (const [colour, distance] of [
      ['rgb(0 0 0 / 0.55)', line + 1],
      ['#fff', line],
    ] as const) {
      const edge = begin(this.edge, part)
      for (const angle of around)
        edge.drawImage(this.view, Math.cos(angle) * distance * density, Math.sin(angle) * distance * density)
      edge.globalCompositeOperation = 'destination-out'
      edge.drawImage(this.view, 0, 0)
      edge.globalCompositeOperation = 'source-in'
      edge.fillStyle = colour
      edge.fillRect(x, y, part.width, part.height)
      edge.restore()
      context.drawImage(this.edge, 0, 0)
    }
    context.restore()
  }

  private pattern(mode: MaskMode, { mask, checks }: Colours, density: number): HTMLCanvasElement {
    const key = [mode, mask, ...checks, density].join()
    const pattern = this.patterns.get(key) ?? (mode === 'keep' ? stripes(mask, density) : checked(checks, density))
    this.patterns.set(key, pattern)
    return pattern
  }
}

/** Empties a part of a canvas, to draw there and nowhere else until `restore`. */
function begin(canvas: HTMLCanvasElement, { x, y, width, height }: Rect): CanvasRenderingContext2D {
  const context = canvas.getContext('2d')!
  context.save()
  context.clearRect(x, y, width, height)
  context.beginPath()
  context.rect(x, y, width, height)
  context.clip()
  return context
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
