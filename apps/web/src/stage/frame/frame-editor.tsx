import type { Image } from '@atelier/contracts'
import { Check, RotateCcw, X } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useAddress } from '../../app/address.js'
import { announce } from '../../app/announcer.js'
import { fail } from '../../app/failure.js'
import { useShortcuts } from '../../app/shortcuts.js'
import { useIsWide } from '../../app/use-media.js'
import { focusInstruction } from '../../composer/focus-instruction.js'
import { rememberFileName } from '../../conversation/file-names.js'
import { usePictureName } from '../../conversation/picture-names.js'
import { withRoom } from '../../draft/draft.js'
import { draftStore } from '../../draft/draft-store.js'
import { pend } from '../../draft/pending.js'
import { dropUnfinished, frameKey, readUnfinished, saveUnfinished } from '../../draft/unfinished.js'
import { useDraft } from '../../draft/use-draft.js'
import { words } from '../../messages/words.js'
import { atelier } from '../../server/client.js'
import { useModel } from '../../server/queries.js'
import controls from '../../theme/controls.module.css'
import { IconButton } from '../../theme/icon-button.js'
import type { Size } from '../geometry.js'
import { useStage } from '../stage-store.js'
import { useFocusWhenLost } from '../use-focus-when-lost.js'
import shared from '../editor.module.css'
import styles from './frame-editor.module.css'
import {
  frameAround,
  frameForRatio,
  isExtended,
  noFrame,
  sizeWith,
  toRatios,
  type Frame,
  type FrameLimits,
  type Side,
} from './frame-geometry.js'
import { FrameSurface } from './frame-surface.js'

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
  const { draft } = useDraft()
  const { setTool, show, close } = useStage()
  const model = useModel(draft.model)
  const { sessionId } = useAddress()
  const [frame, setFrame] = useKeptFrame(frameKey(sessionId, image.id))
  const wide = useIsWide()
  const name = usePictureName(image.id)
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
    if (!isExtended(frame) || busy) return true
    setBusy(true)
    if (wide) focusInstruction()
    try {
      const made = await atelier.images.outpaint(image.id, toRatios(image, frame))
      // what was written and added meanwhile is kept
      const store = draftStore(sessionId)
      // a model that has its own words for this gets them, unless something is written already
      const own = store.state.text ? '' : (model?.examples.find((example) => /extend|outpaint/i.test(example)) ?? '')
      const grown = {
        imageId: made.image.id,
        maskId: made.mask.id,
        maskMode: 'erase' as const,
        extended: { from: image.id, room: frame, words: own },
      }
      store.set((now) => withRoom(now, grown))
      rememberFileName(grown.imageId, words.frame.name(name))
      await dropUnfinished(frameKey(sessionId, image.id))
      announce(words.frame.used)
      show(grown.imageId)
      if (!wide) close()
      return true
    } catch (error) {
      fail(error)
      setBusy(false)
      return false
    }
  }
  useShortcuts([
    { keys: 'Mod+Enter', label: words.frame.use, group: 'stage', run: () => pend(finish()) },
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
    <div ref={editor} className={shared.editor} tabIndex={-1} data-shortcuts>
      <div className={shared.bar} role="toolbar" aria-label={words.frame.title}>
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
      <div className={shared.foot}>
        <p className={shared.help}>
          {words.frame.help} <span className={shared.keys}>{words.frame.helpKeys}</span>
        </p>
        <span className={`${styles.size} numbers`} aria-live="polite">
          {words.frame.size(whole.width, whole.height)}
          {drawn && drawn.width < 0.95 * whole.width && `, ${words.frame.scaled(drawn.width, drawn.height)}`}
        </span>
        <button
          type="button"
          className={controls.primary}
          disabled={!busy && !isExtended(frame)}
          aria-disabled={busy || undefined}
          onClick={() => pend(finish())}
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

/** The room that is being added: what was left unfinished, otherwise none. It is kept in this browser. */
function useKeptFrame(key: string): [Frame, (frame: Frame) => void] {
  const [frame, setFrame] = useState(noFrame)
  const changed = useRef(false)
  useEffect(() => {
    let current = true
    changed.current = false
    void readUnfinished<Frame>(key).then((kept) => {
      // What was done before it could be read is newer.
      if (current && kept && !changed.current) setFrame(kept)
    })
    return () => {
      current = false
    }
  }, [key])
  const change = (next: Frame) => {
    changed.current = true
    setFrame(next)
    void (isExtended(next) ? saveUnfinished(key, next) : dropUnfinished(key))
  }
  return [frame, change]
}
