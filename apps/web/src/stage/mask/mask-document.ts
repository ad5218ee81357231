import { rectBetween, type Point, type Rect } from '../geometry.js'
import { boundsOf, MaskRaster } from './mask-raster.js'
import { Stroke, type StrokePoint, type StrokeStyle } from './stroke.js'
import { TileLog } from './tile-log.js'

/** What undo keeps at most: the oldest changes are forgotten first. */
export const undoLimits = { changes: 200, bytes: 64 * 2 ** 20 }

/** A mask that is being made: its pixels, and every change with the way back. */
export class MaskDocument {
  private undone: TileLog[] = []
  private done: TileLog[] = []
  private current: { log: TileLog; stroke: Stroke } | null = null
  /** Counts the changes that have ended, and those taken back: while it is the same, so are the marks between strokes. */
  version = 0
  private readonly listeners = new Set<(changed: Rect) => void>()

  constructor(readonly raster: MaskRaster) {}

  get canUndo(): boolean {
    return this.done.length > 0
  }

  get canRedo(): boolean {
    return this.undone.length > 0
  }

  /** Calls `listener` with the part that changed. @returns what ends this */
  listen(listener: (changed: Rect) => void): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  /** Begins a stroke at a place; an unfinished one ends. */
  beginStroke(style: StrokeStyle, at: StrokePoint): void {
    this.endStroke()
    const log = new TileLog()
    this.current = { log, stroke: new Stroke(this.raster, log, style) }
    this.extendStroke([at])
  }

  /** Draws on; without a stroke that has begun, nothing happens. */
  extendStroke(points: readonly StrokePoint[]): void {
    if (this.current) this.changed(this.current.stroke.extend(points))
  }

  endStroke(): void {
    const { current } = this
    this.current = null
    if (current) this.push(current.log)
  }

  /** Takes back a stroke that is being drawn, as when a second finger shows that it is no stroke. */
  cancelStroke(): void {
    const { current } = this
    this.current = null
    if (current) this.changed(current.log.restore(this.raster))
  }

  /** Marks (1) or unmarks (0) what an outline encloses. */
  fillLasso(points: readonly Point[], value: 0 | 1): void {
    this.change(boundsOf(points, this.raster), () => this.raster.fillPolygon(points, value))
  }

  /** Marks (1) or unmarks (0) a rectangle between two corners, rounded outwards. */
  fillRectangle(from: Point, to: Point, value: 0 | 1): void {
    const rect = rectBetween(from, to, this.raster)
    this.change(rect, () => this.raster.fillRect(rect, value))
  }

  invert(): void {
    this.change(this.raster.bounds, () => this.raster.invert())
  }

  clear(): void {
    this.change(this.raster.bounds, () => this.raster.pixels.fill(0))
  }

  /** Takes the marks of another mask of the same size. @throws RangeError for another size */
  replace({ width, height, pixels }: MaskRaster): void {
    if (width !== this.raster.width || height !== this.raster.height)
      throw new RangeError(`A mask of ${width}×${height} does not fit ${this.raster.width}×${this.raster.height}.`)
    this.change(this.raster.bounds, () => this.raster.pixels.set(pixels))
  }

  undo(): void {
    this.endStroke()
    const log = this.done.pop()
    if (!log) return
    this.version++
    this.undone.push(log)
    this.changed(log.swap(this.raster))
  }

  redo(): void {
    this.endStroke()
    const log = this.undone.pop()
    if (!log) return
    this.version++
    this.done.push(log)
    this.changed(log.swap(this.raster))
  }

  private change(rect: Rect, apply: () => void): void {
    this.endStroke()
    const log = new TileLog()
    log.save(this.raster, rect)
    apply()
    this.push(log)
    this.changed(rect)
  }

  private push(log: TileLog): void {
    // a change that changed nothing would be an undo that does nothing
    if (!log.differs(this.raster)) return
    this.undone = []
    this.version++
    this.done.push(log)
    let bytes = this.done.reduce((sum, { bytes }) => sum + bytes, 0)
    while (this.done.length > 1 && (this.done.length > undoLimits.changes || bytes > undoLimits.bytes))
      bytes -= this.done.shift()!.bytes
    this.changed({ x: 0, y: 0, width: 0, height: 0 })
  }

  private changed(rect: Rect): void {
    for (const listener of this.listeners) listener(rect)
  }
}
