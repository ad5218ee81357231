import type { Image, MaskMode } from '@atelier/contracts'
import { useCallback, useEffect, useMemo, useRef, useState, type PointerEvent } from 'react'
import { Picture } from '../../conversation/picture.js'
import { words } from '../../messages/words.js'
import { emptyRect, union, type Rect } from '../geometry.js'
import ZoomView, { type ZoomHandle, type ZoomLevel } from '../zoom-view.js'
import type { MaskDocument } from './mask-document.js'
import { MaskLayer } from './mask-layer.js'
import { MaskPointer, type Outline } from './mask-pointer.js'
import styles from './mask-surface.module.css'
import type { MaskTool } from './mask-tool.js'
import { useMaskKeys } from './use-mask-keys.js'

/** What Space is for itself: text that is written, and what it presses. */
const ownSpace = '[contenteditable], button, input, textarea, select, [role^="menuitem"], [role="slider"], [data-keys]'

/** What a {@link MaskSurface} works on, and how. */
export interface MaskSurfaceProps {
  image: Image
  document: MaskDocument
  mode: MaskMode
  tool: MaskTool
  /** Of the brush, in pixels of the picture. */
  size: number
  zoom: ZoomHandle | null
  onZoom(zoom: ZoomHandle | null): void
  onLevel(level: ZoomLevel): void
}

/** The picture with its mask over it, to paint on. */
export function MaskSurface({ image, document, mode, tool, size, zoom, onZoom, onLevel }: MaskSurfaceProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const surface = useRef<HTMLDivElement>(null)
  const ring = useRef<HTMLDivElement>(null)
  const frame = useRef(0)
  /** The part of the mask that has changed since it was drawn, and whether all has to be drawn again. */
  const dirty = useRef<{ changed: Rect; all: boolean }>({ changed: emptyRect, all: true })
  const [outline, setOutline] = useState<Outline | null>(null)
  const [moving, setMoving] = useState(false)
  const layer = useMemo(() => new MaskLayer(document.raster), [document])
  const pointer = useMemo(
    () => zoom && new MaskPointer({ document, toPicture: zoom.toPicture, onOutline: setOutline }),
    [document, zoom],
  )
  const keys = useMaskKeys({ document, picture: image, tool, size })
  const hand = tool === 'hand' || moving

  const redraw = useCallback(() => {
    cancelAnimationFrame(frame.current)
    frame.current = requestAnimationFrame(() => {
      const element = canvas.current
      if (!element || !zoom) return
      const density = window.devicePixelRatio
      const [width, height] = [Math.round(element.clientWidth * density), Math.round(element.clientHeight * density)]
      if (element.width !== width || element.height !== height) Object.assign(element, { width, height })
      const { changed, all } = dirty.current
      dirty.current = { changed: emptyRect, all: false }
      layer.update(changed)
      if (width && height) layer.draw(element, zoom.pictureRect(), mode, all ? undefined : changed)
    })
  }, [layer, mode, zoom])
  const redrawAll = useCallback(() => {
    dirty.current.all = true
    redraw()
  }, [redraw])

  useEffect(() => {
    redrawAll()
    return document.listen((changed) => {
      dirty.current.changed = union(dirty.current.changed, changed)
      redraw()
    })
  }, [document, redraw, redrawAll])
  useEffect(() => () => cancelAnimationFrame(frame.current), [])

  // Space moves the picture for as long as it is held, as in every drawing program, unless the keys are painting.
  useEffect(() => {
    const hold = (event: KeyboardEvent) => {
      const { target } = event
      const busy = target instanceof Element && target.closest(ownSpace)
      if (event.code !== 'Space' || busy) return
      event.preventDefault()
      setMoving(event.type === 'keydown')
    }
    window.addEventListener('keydown', hold)
    window.addEventListener('keyup', hold)
    return () => {
      window.removeEventListener('keydown', hold)
      window.removeEventListener('keyup', hold)
    }
  }, [])

  const follow = (event: PointerEvent) => {
    const element = ring.current
    if (!element || !zoom || event.pointerType === 'touch') return
    const origin = canvas.current!.getBoundingClientRect()
    const across = (size * zoom.pictureRect().width) / image.width
    element.style.width = element.style.height = `${across}px`
    element.style.transform = `translate(${event.clientX - origin.left}px, ${event.clientY - origin.top}px) translate(-50%, -50%)`
  }
  const drawn = outline ?? keys.outline
  const round = tool === 'brush' || tool === 'eraser'

  return (
    <div
      ref={surface}
      className={styles.surface}
      data-tool={hand ? 'hand' : tool}
      onPointerDownCapture={(event) => {
        const onPicture = event.target instanceof Element && event.target.closest('[data-surface]')
        if (tool === 'hand' || moving || !onPicture) return
        if (pointer?.down(event.nativeEvent, tool, size)) event.currentTarget.setPointerCapture(event.pointerId)
      }}
      onPointerMove={(event) => {
        follow(event)
        pointer?.move(event.nativeEvent)
      }}
      onPointerUp={(event) => pointer?.up(event.nativeEvent)}
      onPointerCancel={(event) => {
        if (pointer?.busy) pointer.cancel()
        pointer?.up(event.nativeEvent)
      }}
    >
      <ZoomView
        picture={image}
        handle={onZoom}
        onLevel={onLevel}
        draggable={hand}
        onMove={redrawAll}
        over={
          <>
            <canvas ref={canvas} className={styles.layer} aria-hidden />
            {drawn && zoom && <OutlineView outline={drawn} view={zoom} picture={image} />}
            {round && !hand && <div ref={ring} className={styles.ring} aria-hidden />}
            <div
              className={styles.keys}
              tabIndex={0}
              role="application"
              data-keys
              aria-label={words.mask.surface(tool)}
              aria-describedby="mask-keys"
              onKeyDown={keys.onKeyDown}
              onBlur={keys.onBlur}
            >
              {keys.cursor && zoom && (
                <KeyCursor {...keys.cursor} size={round ? size : 1} view={zoom} picture={image} />
              )}
            </div>
            <p id="mask-keys" hidden>
              {words.mask.keysHelp}
            </p>
          </>
        }
      >
        {() => <Picture image={image} link="url" alt={words.mask.pictureAlt} className={styles.picture} />}
      </ZoomView>
    </div>
  )
}

interface Placed {
  view: ZoomHandle
  picture: { width: number; height: number }
}

/** Where a place of the picture is on the screen, in CSS pixels from the corner of the view. */
function onScreen({ view, picture }: Placed, { x, y }: { x: number; y: number }) {
  const rect = view.pictureRect()
  return { x: rect.x + (x * rect.width) / picture.width, y: rect.y + (y * rect.height) / picture.height }
}

/** The line of a lasso or a rectangle that is being drawn. */
function OutlineView({ outline, ...placed }: Placed & { outline: Outline }) {
  const corners =
    outline.tool === 'lasso'
      ? outline.points
      : [outline.from, { x: outline.to.x, y: outline.from.y }, outline.to, { x: outline.from.x, y: outline.to.y }]
  const points = corners.map((corner) => onScreen(placed, corner)).map(({ x, y }) => `${x},${y}`)
  return (
    <svg className={styles.outline} aria-hidden>
      <polygon points={points.join(' ')} />
      <polygon points={points.join(' ')} data-dashes />
    </svg>
  )
}

/** Where the keys are painting. */
function KeyCursor({
  at,
  down,
  size,
  ...placed
}: Placed & { at: { x: number; y: number }; down: boolean; size: number }) {
  const { x, y } = onScreen(placed, at)
  const across = Math.max(8, (size * placed.view.pictureRect().width) / placed.picture.width)
  return (
    <div
      className={styles.cursor}
      data-down={down || undefined}
      style={{ width: across, height: across, transform: `translate(${x}px, ${y}px) translate(-50%, -50%)` }}
    />
  )
}
