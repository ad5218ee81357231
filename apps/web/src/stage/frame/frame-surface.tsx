import type { Image } from '@atelier/contracts'
import { useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { Picture } from '../../conversation/picture.js'
import { words } from '../../messages/words.js'
import type { Size } from '../geometry.js'
import { mostSharp } from '../picture-scale.js'
import { useSizeOf } from '../use-size-of.js'
import { setSide, sizeWith, type Frame, type FrameLimits, type Side } from './frame-geometry.js'
import styles from './frame-surface.module.css'

/** What a {@link FrameSurface} shows. */
export interface FrameSurfaceProps {
  image: Image
  frame: Frame
  limits: FrameLimits
  onFrame(frame: Frame): void
}

/** Which sides a handle moves, and which way is outwards. */
const handles: { name: string; sides: Side[] }[] = [
  { name: 'top', sides: ['top'] },
  { name: 'right', sides: ['right'] },
  { name: 'bottom', sides: ['bottom'] },
  { name: 'left', sides: ['left'] },
  { name: 'top-left', sides: ['top', 'left'] },
  { name: 'top-right', sides: ['top', 'right'] },
  { name: 'bottom-right', sides: ['bottom', 'right'] },
  { name: 'bottom-left', sides: ['bottom', 'left'] },
]
const outwards: Record<Side, [number, number]> = { top: [0, -1], right: [1, 0], bottom: [0, 1], left: [-1, 0] }

/** The picture in its frame, with a handle on every side and corner. */
export function FrameSurface({ image, frame, limits, onFrame }: FrameSurfaceProps) {
  const place = useRef<HTMLDivElement>(null)
  const size = useSizeOf(place)
  const drag = useRef<{ x: number; y: number; from: Frame; scale: number } | null>(null)
  // while a side is dragged the view stands still, or the hand would run after it
  const [held, setHeld] = useState<View | null>(null)
  const view = held ?? (size ? viewOf(image, frame, size) : null)

  const begin = (event: PointerEvent<HTMLElement>) => {
    if (!view || event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    drag.current = { x: event.clientX, y: event.clientY, from: frame, scale: view.scale }
    setHeld(view)
  }
  const move = (event: PointerEvent, sides: Side[]) => {
    if (!drag.current) return
    const { x, y, from, scale } = drag.current
    const [dx, dy] = [(event.clientX - x) / scale, (event.clientY - y) / scale]
    let next = frame
    for (const side of sides) {
      const [across, down] = outwards[side]
      next = setSide(image, next, limits, side, from[side] + across * dx + down * dy, { both: event.altKey })
    }
    onFrame(next)
  }
  const end = () => {
    drag.current = null
    setHeld(null)
  }
  const press = (event: KeyboardEvent, side: Side) => {
    const [across, down] = outwards[side]
    const keys: Record<string, number> = { ArrowRight: across, ArrowLeft: -across, ArrowDown: down, ArrowUp: -down }
    const length = side === 'top' || side === 'bottom' ? image.height : image.width
    const most = { Home: 0, End: length * 2 }[event.key]
    const direction = keys[event.key]
    if (most === undefined && !direction) return
    event.preventDefault()
    const step = Math.max(limits.multiple, Math.round(length / 64)) * (event.shiftKey ? 4 : 1)
    const room = most ?? frame[side] + direction! * step
    onFrame(setSide(image, frame, limits, side, room, { both: event.altKey }))
  }

  return (
    <div ref={place} className={styles.surface} data-held={held !== null || undefined}>
      {view && (
        <div
          className={styles.frame}
          style={{
            left: view.x - frame.left * view.scale,
            top: view.y - frame.top * view.scale,
            width: (frame.left + image.width + frame.right) * view.scale,
            height: (frame.top + image.height + frame.bottom) * view.scale,
          }}
        >
          <Picture
            image={image}
            link="url"
            alt={words.frame.pictureAlt}
            className={styles.picture}
            style={{
              left: frame.left * view.scale,
              top: frame.top * view.scale,
              width: image.width * view.scale,
              height: image.height * view.scale,
            }}
          />
          {handles.map(({ name, sides }) => {
            const [side] = sides
            const single = sides.length === 1
            return (
              <span
                key={name}
                className={styles.handle}
                data-at={name}
                onPointerDown={begin}
                onPointerMove={(event) => move(event, sides)}
                onPointerUp={end}
                onPointerCancel={end}
                {...(single && {
                  role: 'slider',
                  tabIndex: 0,
                  'aria-label': words.frame.side[side!],
                  'aria-orientation': side === 'top' || side === 'bottom' ? 'vertical' : 'horizontal',
                  'aria-valuemin': 0,
                  'aria-valuemax': 2 * (side === 'top' || side === 'bottom' ? image.height : image.width),
                  'aria-valuenow': frame[side!],
                  'aria-valuetext': words.frame.room(frame[side!]),
                  onKeyDown: (event: KeyboardEvent) => press(event, side!),
                })}
              >
                {single && frame[side!] > 0 && (
                  <span className={`${styles.added} numbers`}>{words.frame.added(frame[side!])}</span>
                )}
              </span>
            )
          })}
        </div>
      )}
    </div>
  )
}

/** Where the picture is, in CSS pixels, and how large one of its pixels is. */
interface View {
  x: number
  y: number
  scale: number
}

/** The whole frame in the middle, with room to drag it further. */
function viewOf(picture: Size, frame: Frame, place: Size): View {
  const whole = sizeWith(picture, frame)
  const scale = Math.min((place.width * 0.7) / whole.width, (place.height * 0.72) / whole.height, mostSharp)
  return {
    x: (place.width - whole.width * scale) / 2 + frame.left * scale,
    y: (place.height - whole.height * scale) / 2 + frame.top * scale,
    scale,
  }
}
