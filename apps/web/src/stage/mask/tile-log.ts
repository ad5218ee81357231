import { emptyRect, union, type Rect } from '../geometry.js'
import type { MaskRaster } from './mask-raster.js'

/** Pixels of a side of a tile. */
const side = 64

/**
 * What parts of a mask looked like before they were changed, in tiles, so that a change of any shape can be taken back at
 * a cost that goes with its own size.
 */
export class TileLog {
  private readonly tiles = new Map<number, { rect: Rect; pixels: Uint8Array }>()
  /** How many pixels it holds, one byte each. */
  bytes = 0

  /** Remembers a part that is about to change; what it remembers already stays as it was. */
  save(raster: MaskRaster, { x, y, width, height }: Rect): void {
    if (!width || !height) return
    const across = Math.ceil(raster.width / side)
    for (let row = Math.floor(y / side); row <= Math.floor((y + height - 1) / side); row++)
      for (let column = Math.floor(x / side); column <= Math.floor((x + width - 1) / side); column++) {
        const key = row * across + column
        if (this.tiles.has(key)) continue
        const rect = {
          x: column * side,
          y: row * side,
          width: Math.min(side, raster.width - column * side),
          height: Math.min(side, raster.height - row * side),
        }
        const pixels = new Uint8Array(rect.width * rect.height)
        for (let line = 0; line < rect.height; line++) pixels.set(lineOf(raster, rect, line), line * rect.width)
        this.tiles.set(key, { rect, pixels })
        this.bytes += pixels.length
      }
  }

  /** Exchanges what the mask is with what it was, so that doing it again takes it back. @returns the part that changed */
  swap(raster: MaskRaster): Rect {
    let changed = emptyRect
    for (const { rect, pixels } of this.tiles.values()) {
      for (let line = 0; line < rect.height; line++) {
        const current = lineOf(raster, rect, line)
        const kept = pixels.slice(line * rect.width, (line + 1) * rect.width)
        pixels.set(current, line * rect.width)
        current.set(kept)
      }
      changed = union(changed, rect)
    }
    return changed
  }

  /** Puts the mask back and forgets. @returns the part that changed */
  restore(raster: MaskRaster): Rect {
    const changed = this.swap(raster)
    this.clear()
    return changed
  }

  clear(): void {
    this.tiles.clear()
    this.bytes = 0
  }

  /** Whether the mask differs from what it was. */
  differs(raster: MaskRaster): boolean {
    for (const { rect, pixels } of this.tiles.values())
      for (let line = 0; line < rect.height; line++) {
        const current = lineOf(raster, rect, line)
        for (let i = 0; i < current.length; i++) if (current[i] !== pixels[line * rect.width + i]) return true
      }
    return false
  }
}

/** One row of a tile, as a view of the mask. */
function lineOf({ pixels, width }: MaskRaster, rect: Rect, line: number): Uint8Array {
  const start = (rect.y + line) * width + rect.x
  return pixels.subarray(start, start + rect.width)
}
