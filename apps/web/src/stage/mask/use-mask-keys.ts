import { useState, type KeyboardEvent } from 'react'
import { announce } from '../../app/announcer.js'
import { words } from '../../messages/words.js'
import type { Point, Size } from '../geometry.js'
import type { MaskDocument } from './mask-document.js'
import type { Outline } from './mask-pointer.js'
import type { MaskTool } from './mask-tool.js'

const directions: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/** What the keys do, and with what. */
export interface MaskKeysOptions {
  document: MaskDocument
  picture: Size
  tool: MaskTool
  /** Of the brush, in pixels of the picture. */
  size: number
}

/**
 * Painting by keys: the arrows move a place (with Shift further), Space puts the brush down and lifts it, or sets the
 * corners of a rectangle or lasso; Enter closes a lasso, Escape lets go.
 */
export function useMaskKeys({ document, picture, tool, size }: MaskKeysOptions) {
  const [at, setAt] = useState<Point | null>(null)
  const [corners, setCorners] = useState<Point[]>([])
  const [painting, setPainting] = useState(false)
  const brushes = tool === 'brush' || tool === 'eraser'
  const value = tool === 'eraser' ? 0 : 1

  const letGo = () => {
    if (painting) document.endStroke()
    setPainting(false)
    setCorners([])
  }
  const fill = (points: Point[]) => {
    if (tool === 'lasso') document.fillLasso(points, value)
    else document.fillRectangle(points[0]!, points[1]!, value)
    setCorners([])
    announce(words.mask.filled)
  }
  const press = (place: Point) => {
    if (!brushes) {
      const next = [...corners, place]
      if (tool === 'rectangle' && next.length === 2) return fill(next)
      setCorners(next)
      return announce(words.mask.corner(next.length))
    }
    if (painting) {
      letGo()
      return announce(words.mask.lifted)
    }
    document.beginStroke({ size, value, sensitive: false }, { ...place, pressure: 0.5 })
    setPainting(true)
    announce(words.mask.down)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const direction = directions[event.key]
    const place = at ?? { x: picture.width / 2, y: picture.height / 2 }
    if (direction) {
      const step = Math.max(1, Math.round(Math.max(picture.width, picture.height) / 64)) * (event.shiftKey ? 8 : 1)
      const within = (to: number, most: number) => Math.min(most, Math.max(0, to))
      const next = {
        x: within(place.x + direction[0] * step, picture.width),
        y: within(place.y + direction[1] * step, picture.height),
      }
      setAt(next)
      if (painting) document.extendStroke([{ ...next, pressure: 0.5 }])
    } else if (event.key === ' ' && tool !== 'hand') {
      setAt(place)
      press(place)
    } else if (event.key === 'Enter' && tool === 'lasso' && corners.length > 2) fill(corners)
    else if (event.key === 'Escape' && (painting || corners.length)) letGo()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const onBlur = () => {
    letGo()
    setAt(null)
  }
  /** What the corners that are set would fill with the one at the cursor. */
  const [from] = corners
  const outline: Outline | null =
    !at || !from ? null : tool === 'lasso' ? { tool, points: [...corners, at] } : { tool: 'rectangle', from, to: at }
  return { onKeyDown, onBlur, outline, cursor: at && { at, down: painting } }
}
