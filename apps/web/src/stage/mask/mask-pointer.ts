import type { Point } from '../geometry.js'
import type { MaskDocument } from './mask-document.js'
import type { MaskTool } from './mask-tool.js'

/** A shape that is being drawn and not yet filled, in pixels of the picture. */
export type Outline = { tool: 'lasso'; points: Point[] } | { tool: 'rectangle'; from: Point; to: Point }

/** What a pointer needs to know to work on a mask. */
export interface MaskPointerOptions {
  document: MaskDocument
  /** The place in the picture under a place on the screen. */
  toPicture(clientX: number, clientY: number): Point
  /** Called when the outline of a lasso or rectangle changes; null: there is none. */
  onOutline(outline: Outline | null): void
}

/** The bit of a pen's eraser in `PointerEvent.buttons`. */
const penEraser = 32
/** A touch right after a pen is the hand that holds it, within this many milliseconds. */
const palmMs = 600
/** A stroke younger than this, in milliseconds, was the first of two fingers when a second one comes. */
const pinchMs = 400

/**
 * Turns pointer events into changes of a mask: mouse, pen with pressure and eraser, or one finger. Two fingers are left to
 * zooming; what the first of them drew is taken back.
 */
export class MaskPointer {
  private active: { id: number; at: number; value: 0 | 1 } | null = null
  private outline: Outline | null = null
  private readonly touches = new Set<number>()
  private lastPen = -Infinity
  private last: Point | null = null

  constructor(private readonly options: MaskPointerOptions) {}

  /** Whether something is being drawn. */
  get busy(): boolean {
    return this.active !== null
  }

  /** @returns whether the pointer draws from now on */
  down(event: PointerEvent, tool: Exclude<MaskTool, 'hand'>, size: number): boolean {
    if (event.pointerType === 'pen') this.lastPen = event.timeStamp
    if (event.pointerType === 'touch') {
      this.touches.add(event.pointerId)
      if (this.touches.size > 1) this.pinched(event)
      if (this.touches.size > 1 || event.timeStamp - this.lastPen < palmMs) return false
    } else if (event.button !== 0 && !(event.buttons & penEraser)) return false
    if (this.active) return false

    const { document } = this.options
    const at = this.point(event)
    const wipes = tool === 'eraser' || event.altKey || Boolean(event.buttons & penEraser)
    const value = wipes ? 0 : 1
    this.active = { id: event.pointerId, at: event.timeStamp, value }
    if (tool === 'lasso') this.setOutline({ tool, points: [at] })
    else if (tool === 'rectangle') this.setOutline({ tool, from: at, to: at })
    else {
      const sensitive = event.pointerType === 'pen'
      const from = event.shiftKey && this.last ? { ...this.last, pressure: at.pressure } : at
      document.beginStroke({ size, value, sensitive }, from)
      if (from !== at) document.extendStroke([at])
    }
    this.last = at
    return true
  }

  move(event: PointerEvent): void {
    if (this.active?.id !== event.pointerId) return
    // the places that the pen passed since the last frame, where the browser knows them
    const passed = event.getCoalescedEvents?.() ?? []
    const points = (passed.length ? passed : [event]).map((one) => this.point(one))
    this.last = points.at(-1)!
    const { outline } = this
    if (outline?.tool === 'lasso') this.setOutline({ ...outline, points: [...outline.points, ...points] })
    else if (outline) this.setOutline({ ...outline, to: this.last })
    else this.options.document.extendStroke(points)
  }

  up(event: PointerEvent): void {
    this.touches.delete(event.pointerId)
    if (event.pointerType === 'pen') this.lastPen = event.timeStamp
    if (this.active?.id !== event.pointerId) return
    const { value } = this.active
    const { outline } = this
    this.active = null
    if (!outline) return this.options.document.endStroke()
    this.setOutline(null)
    if (outline.tool === 'lasso') this.options.document.fillLasso(outline.points, value)
    else this.options.document.fillRectangle(outline.from, outline.to, value)
  }

  /** Takes back what is being drawn. */
  cancel(): void {
    this.active = null
    this.setOutline(null)
    this.options.document.cancelStroke()
  }

  private pinched(event: PointerEvent): void {
    if (!this.active || this.active.id === event.pointerId) return
    if (event.timeStamp - this.active.at < pinchMs || this.outline) return this.cancel()
    this.active = null
    this.options.document.endStroke()
  }

  private setOutline(outline: Outline | null): void {
    this.outline = outline
    this.options.onOutline(outline)
  }

  private point({ clientX, clientY, pressure, pointerType }: PointerEvent) {
    return { ...this.options.toPicture(clientX, clientY), pressure: pointerType === 'pen' ? pressure : 0.5 }
  }
}
