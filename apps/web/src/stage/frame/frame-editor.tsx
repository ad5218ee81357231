import type { Image } from '@atelier/contracts'
import { Check, RotateCcw, X } from 'lucide-react'
import { useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { announce } from '../../app/announcer.js'
import { fail } from '../../app/failure.js'
import { useShortcuts } from '../../app/shortcuts.js'
import { useIsWide } from '../../app/use-media.js'
import { focusInstruction } from '../../composer/focus-instruction.js'
import { Picture } from '../../conversation/picture.js'
import { useDraft } from '../../draft/use-draft.js'
import { words } from '../../messages/words.js'
import { atelier } from '../../server/client.js'
import { useModel } from '../../server/queries.js'
import controls from '../../theme/controls.module.css'
import { IconButton } from '../../theme/icon-button.js'
import type { Size } from '../geometry.js'
import { useStage } from '../stage-store.js'
import { useFocusWhenLost } from '../use-focus-when-lost.js'
import { useSizeOf } from '../use-size-of.js'
import styles from './frame-editor.module.css'
import {
  frameAround,
  frameForRatio,
  isExtended,
  noFrame,
  setSide,
  sizeWith,
  toRatios,
  type Frame,
  type FrameLimits,
  type Side,
} from './frame-geometry.js'

/** As many pixels as the API takes by default; a server with a lower limit says so. */
const maxPixels = 2 ** 24
const ratios: [number, number][] = [
  [1, 1],
  [4, 3],
  [3, 2],
  [16, 9],
  [3, 4],
  [2, 3],
  [9, 16],
]
const shares = [0.25, 0.5]

/** Adds room around a picture by dragging its sides; the next turn then draws what belongs there. */
export default function FrameEditor({ image }: { image: Image }) {
  const { draft, images, setDraft } = useDraft()
  const { setTool, show, close } = useStage()
  const model = useModel(draft.model)
  const [frame, setFrame] = useState(noFrame)
  const wide = useIsWide()
  const [busy, setBusy] = useState(false)
  const editor = useRef<HTMLDivElement>(null)
  useFocusWhenLost(editor)
  const limits = useMemo<FrameLimits>(
    () => ({ maxAspect: model?.limits.maxAspect ?? 4, maxPixels, multiple: model?.limits.sizeMultiple ?? 1 }),
    [model],
  )
  const whole = sizeWith(image, frame)
  const drawn = model && sizeForModel(whole, model.limits)

  const finish = async () => {
    if (!isExtended(frame) || busy) return
    setBusy(true)
    try {
      const made = await atelier.images.outpaint(image.id, toRatios(image, frame))
      const grown = { imageId: made.image.id, maskId: made.mask.id, maskMode: 'erase' as const }
      const others = images.filter(({ imageId }) => imageId !== image.id && imageId !== grown.imageId)
      // a model that has its own words for this gets them, unless something is written already
      const text = draft.text || (model?.examples.find((example) => /extend|outpaint/i.test(example)) ?? '')
      setDraft({ ...draft, text, images: [grown, ...others] })
      announce(words.frame.used)
      show(grown.imageId)
      if (wide) focusInstruction()
      else close()
    } catch (error) {
      fail(error)
      setBusy(false)
    }
  }
  useShortcuts([
    { keys: 'Mod+Enter', label: words.frame.use, group: 'stage', run: () => void finish() },
    { keys: 'Mod+z', label: words.frame.reset, group: 'stage', run: () => setFrame(noFrame) },
    { keys: 'Escape', label: words.frame.close, group: 'stage', run: () => setTool('look') },
  ])

  const preset = (key: string, label: string, made: Frame | null) => (
    <button
      key={key}
      type="button"
      className={styles.preset}
      disabled={!made}
      aria-pressed={made !== null && (Object.keys(made) as Side[]).every((side) => made[side] === frame[side])}
      onClick={() => made && setFrame(made)}
    >
      {label}
    </button>
  )

  return (
    <div ref={editor} className={styles.editor} tabIndex={-1} data-shortcuts>
      <div className={styles.bar} role="toolbar" aria-label={words.frame.title}>
        <IconButton icon={X} label={words.frame.close} shortcut="Esc" onClick={() => setTool('look')} />
        <div className={styles.presets} role="group" aria-label={words.frame.ratios}>
          {ratios.map(([width, height]) =>
            preset(
              `${width}:${height}`,
              words.frame.ratio(width, height),
              frameForRatio(image, width / height, limits),
            ),
          )}
        </div>
        <div className={styles.presets} role="group" aria-label={words.frame.around}>
          {shares.map((share) => preset(`${share}`, words.frame.share(share * 100), frameAround(image, share, limits)))}
        </div>
        <IconButton
          icon={RotateCcw}
          label={words.frame.reset}
          disabled={!isExtended(frame)}
          onClick={() => setFrame(noFrame)}
        />
      </div>
      <FrameSurface image={image} frame={frame} limits={limits} onFrame={setFrame} />
      <div className={styles.foot}>
        <p className={styles.help}>
          {words.frame.help} <span className={styles.keys}>{words.frame.helpKeys}</span>
        </p>
        <span className={`${styles.size} numbers`} aria-live="polite">
          {words.frame.size(whole.width, whole.height)}
          {drawn && drawn.width < 0.95 * whole.width && `, ${words.frame.scaled(drawn.width, drawn.height)}`}
        </span>
        <button
          type="button"
          className={controls.primary}
          disabled={busy || !isExtended(frame)}
          onClick={() => void finish()}
        >
          <Check size={18} aria-hidden />
          {busy ? words.frame.saving : words.frame.use}
        </button>
      </div>
    </div>
  )
}

/** About the size at which a model draws a picture: scaled down until its patches fit. */
function sizeForModel({ width, height }: Size, limits: { maxFrameTokens: number; sizeMultiple: number }): Size {
  const { maxFrameTokens, sizeMultiple: unit } = limits
  const scale = Math.min(1, Math.sqrt((maxFrameTokens * unit * unit) / (width * height)))
  const side = (length: number) => Math.max(unit, Math.floor((length * scale) / unit) * unit)
  return { width: side(width), height: side(height) }
}

interface SurfaceProps {
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
function FrameSurface({ image, frame, limits, onFrame }: SurfaceProps) {
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
  const scale = Math.min((place.width * 0.7) / whole.width, (place.height * 0.72) / whole.height)
  return {
    x: (place.width - whole.width * scale) / 2 + frame.left * scale,
    y: (place.height - whole.height * scale) / 2 + frame.top * scale,
    scale,
  }
}
