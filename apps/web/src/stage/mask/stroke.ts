import { getStroke } from 'perfect-freehand'
import { emptyRect, union, type Point, type Rect } from '../geometry.js'
import { boundsOf, type MaskRaster } from './mask-raster.js'
import { TileLog } from './tile-log.js'

/** A place that the pen or finger passed. */
export interface StrokePoint extends Point {
  /** 0–1; 0.5 for what has none. */
  pressure: number
}

/** How a stroke is drawn. */
export interface StrokeStyle {
  /** Width in pixels of the picture, at a pressure of 0.5. */
  size: number
  /** 1 marks, 0 wipes marks away. */
  value: 0 | 1
  /** Whether pressure changes the width. */
  sensitive: boolean
}

/**
 * A stroke is drawn anew with every point, so it is cut into pieces that overlap: after this many points, or sooner when it
 * has gone this many times its width.
 */
const piecePoints = 48
const pieceWidths = 3
const overlap = 6
/** How much of the width depends on the pressure of a pen. */
const thinning = 0.7

/** One stroke that grows on a mask, point by point. */
export class Stroke {
  private points: StrokePoint[] = []
  private readonly piece = new TileLog()

  /** @param log - remembers what the whole stroke changes */
  constructor(
    private readonly raster: MaskRaster,
    private readonly log: TileLog,
    private readonly style: StrokeStyle,
  ) {}

  /** Draws on to these points. @returns the part of the mask that may look different */
  extend(points: readonly StrokePoint[]): Rect {
    let changed = emptyRect
    for (const point of points) {
      this.points.push(point)
      if (!this.isLong()) continue
      changed = union(changed, this.draw())
      this.points = this.points.slice(-overlap)
      this.piece.clear()
    }
    return union(changed, this.draw())
  }

  private isLong(): boolean {
    const { points, style } = this
    if (points.length <= overlap + 1) return false
    const lengthOf = (point: Point, i: number) =>
      i === 0 ? 0 : Math.hypot(point.x - points[i - 1]!.x, point.y - points[i - 1]!.y)
    const length = points.reduce((sum, point, i) => sum + lengthOf(point, i), 0)
    return points.length >= piecePoints || length > pieceWidths * style.size
  }

  private draw(): Rect {
    const { raster, points, style } = this
    const undone = this.piece.restore(raster)
    // at full pressure the edge is this far from the points
    const radius = style.size * (style.sensitive ? 0.5 + thinning / 2 : 0.5)
    const rect = boundsOf(points, raster, radius + 2)
    this.piece.save(raster, rect)
    this.log.save(raster, rect)
    raster.fillPolygon(outlineOf(points, style), style.value)
    points.forEach((point, i) => raster.fillLine(points[i - 1] ?? point, point, style.value))
    return union(undone, rect)
  }
}

function outlineOf(points: readonly StrokePoint[], { size, sensitive }: StrokeStyle): Point[] {
  const outline = getStroke([...points], {
    size,
    thinning: sensitive ? thinning : 0,
    // a mask goes where the pen goes: no easing towards it
    streamline: 0,
    smoothing: 0.5,
    simulatePressure: false,
    last: true,
  })
  return outline.map(([x, y]) => ({ x, y }) as Point)
}
