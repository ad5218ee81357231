import {
  useCallback,
  useEffect,
  useImperativeHandle,
  useMemo,
  useRef,
  type ReactNode,
  type Ref,
  type TouchEvent,
} from 'react'
import { TransformComponent, TransformWrapper, type ReactZoomPanPinchRef } from 'react-zoom-pan-pinch'
import type { Point, Rect, Size } from './geometry.js'
import { fitPicture, isSmall, type Shown } from './picture-scale.js'
import { useSizeOf } from './use-size-of.js'
import styles from './zoom-view.module.css'

/** A picture that can be zoomed and moved, from outside. */
export interface ZoomHandle {
  /** The place in the picture under a place on the screen (`clientX`, `clientY`). */
  toPicture(clientX: number, clientY: number): Point
  /** Where the picture is now, in CSS pixels from the corner of the view. */
  pictureRect(): Rect
  zoomIn(): void
  zoomOut(): void
  /** Shows the whole picture again. */
  reset(): void
}

/** How large a picture is shown. */
export interface ZoomLevel {
  /** Size of a pixel of the picture, in per cent of a CSS pixel. */
  percent: number
  /** Whether the whole picture is shown. */
  whole: boolean
}

/** What a {@link ZoomView} shows. */
export interface ZoomViewProps {
  /** Of the picture, in its pixels. */
  picture: Size
  /** What is in the place of the picture; it is stretched to `shown`. */
  children: (shown: Shown) => ReactNode
  /** What stands still over all of it. */
  over?: ReactNode
  /** Whether dragging moves the picture. Two fingers and the wheel always zoom. Default true. */
  draggable?: boolean
  /** Called when the picture is at another place or size, and once when it is there. */
  onMove?: () => void
  /** Called with how large its pixels are shown, in per cent of the screen's, and whether that is as small as it gets. */
  onLevel?: (level: ZoomLevel) => void
  /** Called when one finger has gone over the picture to the left (1) or to the right (-1). */
  onSwipe?: (by: number) => void
  handle?: Ref<ZoomHandle>
  className?: string
}

/** A finger that has gone this far has not just trembled. */
const swipePixels = 48

/** A picture as large as its place allows, which can be zoomed to its pixels and moved by mouse, fingers and keys. */
export default function ZoomView({
  picture,
  children,
  over,
  draggable = true,
  onMove,
  onLevel,
  onSwipe,
  handle,
  className,
}: ZoomViewProps) {
  const place = useRef<HTMLDivElement>(null)
  const box = useRef<HTMLDivElement>(null)
  const zoom = useRef<ReactZoomPanPinchRef>(null)
  const level = useRef(1)
  const size = useSizeOf(place)
  const { width, height } = picture
  const shown = useMemo(
    () => (size ? fitPicture({ width, height }, size, window.devicePixelRatio) : null),
    [size, width, height],
  )
  const controls = useMemo<ZoomHandle>(
    () => ({
      toPicture: (clientX, clientY) => {
        const rect = box.current!.getBoundingClientRect()
        return { x: ((clientX - rect.left) / rect.width) * width, y: ((clientY - rect.top) / rect.height) * height }
      },
      pictureRect: () => {
        const rect = box.current!.getBoundingClientRect()
        const origin = place.current!.getBoundingClientRect()
        return { x: rect.left - origin.left, y: rect.top - origin.top, width: rect.width, height: rect.height }
      },
      zoomIn: () => void zoom.current?.zoomIn(0.5, 150),
      zoomOut: () => void zoom.current?.zoomOut(0.5, 150),
      reset: () => void zoom.current?.resetTransform(150),
    }),
    [width, height],
  )
  const ready = shown !== null
  useImperativeHandle(handle, () => (ready ? controls : (null as never)), [controls, ready])
  const tell = useCallback(
    (scale: number) => {
      level.current = scale
      onLevel?.({ percent: Math.round((shown?.scale ?? 1) * scale * 100), whole: scale <= 1 })
    },
    [onLevel, shown],
  )
  const moved = useCallback(
    (_: unknown, { scale }: { scale: number }) => {
      if (scale !== level.current) tell(scale)
      onMove?.()
    },
    [onMove, tell],
  )
  useEffect(() => {
    if (!shown) return
    // Another picture has just begun as a whole; the same one stays as it is zoomed.
    tell(zoom.current?.instance.state.scale ?? 1)
    onMove?.()
  }, [shown, onMove, tell])

  const finger = useRef<{ x: number; y: number } | null>(null)
  const swipe = onSwipe && {
    onTouchStart: ({ touches }: TouchEvent) => {
      const touch = touches[0]
      finger.current = touches.length === 1 && touch ? { x: touch.clientX, y: touch.clientY } : null
    },
    onTouchEnd: ({ changedTouches }: TouchEvent) => {
      const touch = changedTouches[0]
      const from = finger.current
      finger.current = null
      if (!from || !touch) return
      const [across, down] = [touch.clientX - from.x, touch.clientY - from.y]
      if (Math.abs(across) > swipePixels && Math.abs(across) > 2 * Math.abs(down)) onSwipe(across < 0 ? 1 : -1)
    },
  }

  return (
    <div ref={place} {...swipe} dir="ltr" className={className ? `${styles.place} ${className}` : styles.place}>
      {size && shown && (
        <TransformWrapper
          ref={zoom}
          // another picture begins as a whole
          key={`${width} ${height} ${Math.round(size.width)} ${Math.round(size.height)}`}
          minScale={1}
          maxScale={isSmall(picture) ? 8 : Math.max(4, 16 / shown.scale)}
          panning={{ disabled: !draggable, velocityDisabled: true }}
          doubleClick={{ disabled: !draggable, mode: 'toggle', step: 1 }}
          onTransform={moved}
        >
          <TransformComponent wrapperClass={styles.wrapper} contentStyle={size}>
            <div className={styles.surface} style={size} data-surface data-draggable={draggable || undefined}>
              <div ref={box} className={styles.picture} style={{ width: shown.width, height: shown.height }}>
                {children(shown)}
              </div>
            </div>
          </TransformComponent>
        </TransformWrapper>
      )}
      {over}
    </div>
  )
}
