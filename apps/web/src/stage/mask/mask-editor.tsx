import type { Image, MaskMode } from '@atelier/contracts'
import { Check, Contrast, Redo2, Trash2, Undo2, X } from 'lucide-react'
import { Slider, ToggleGroup } from 'radix-ui'
import { useCallback, useRef, useState, useSyncExternalStore } from 'react'
import { announce } from '../../app/announcer.js'
import { useAddress } from '../../app/address.js'
import { useShortcuts, type Shortcut } from '../../app/shortcuts.js'
import { fail } from '../../app/failure.js'
import { useIsWide } from '../../app/use-media.js'
import { focusInstruction } from '../../composer/focus-instruction.js'
import { pend } from '../../draft/pending.js'
import { maskKey } from '../../draft/unfinished.js'
import { useDraft } from '../../draft/use-draft.js'
import { words } from '../../messages/words.js'
import controls from '../../theme/controls.module.css'
import { IconButton } from '../../theme/icon-button.js'
import { useStage } from '../stage-store.js'
import { useFocusWhenLost } from '../use-focus-when-lost.js'
import { ZoomControls, zoomShortcuts } from '../zoom-controls.js'
import type { ZoomHandle, ZoomLevel } from '../zoom-view.js'
import { firstBrush, nextBrush, sizeAt, sliderSteps, stepOf } from './brush-size.js'
import type { MaskDocument } from './mask-document.js'
import shared from '../editor.module.css'
import styles from './mask-editor.module.css'
import { uploadMask } from './mask-file.js'
import { MaskSurface } from './mask-surface.js'
import { maskTools, type MaskTool } from './mask-tool.js'
import { useMaskDocument } from './use-mask-document.js'

/** Paints a mask on a picture, for the next turn. What is painted is kept until it is used or cleared. */
export default function MaskEditor({ image }: { image: Image }) {
  const { sessionId } = useAddress()
  const { images, setMask } = useDraft()
  const { setTool, close } = useStage()
  const used = images.find(({ imageId }) => imageId === image.id)
  const key = maskKey(sessionId, image.id)
  const open = useMaskDocument(key, image, used)
  const wide = useIsWide()
  const [busy, setBusy] = useState(false)

  if (!open) return <p className={styles.opening}>{words.mask.opening}</p>
  const { document, mode, setMode, forget } = open
  const finish = async () => {
    if (busy) return true
    setBusy(true)
    // What comes next is to say what shall be there: whoever types on at once does so there.
    if (wide) focusInstruction()
    try {
      if (document.raster.marked) {
        const mask = await uploadMask(document.raster)
        setMask(image.id, { maskId: mask.id, maskMode: mode })
        announce(words.mask.used)
      } else {
        setMask(image.id, null)
        announce(words.mask.removed)
      }
      await forget()
      if (wide) setTool('look')
      else close()
      return true
    } catch (error) {
      fail(error)
      setBusy(false)
      return false
    }
  }
  return (
    <Editor
      image={image}
      document={document}
      mode={mode}
      onMode={setMode}
      wasUsed={Boolean(used?.maskId)}
      busy={busy}
      onDone={() => pend(finish())}
      onClose={() => setTool('look')}
    />
  )
}

interface EditorProps {
  image: Image
  document: MaskDocument
  mode: MaskMode
  onMode(mode: MaskMode): void
  /** Whether the picture has a mask in the draft. */
  wasUsed: boolean
  busy: boolean
  onDone(): void
  onClose(): void
}

function Editor({ image, document, mode, onMode, wasUsed, busy, onDone, onClose }: EditorProps) {
  const [tool, setTool] = useState<MaskTool>('brush')
  const [size, setSize] = useState(() => firstBrush(image))
  const [zoom, setZoom] = useState<ZoomHandle | null>(null)
  const [level, setLevel] = useState<ZoomLevel | null>(null)
  const editor = useRef<HTMLDivElement>(null)
  useFocusWhenLost(editor)
  const { canUndo, canRedo, marked } = useMarks(document)
  const key = (keys: string, label: string, run: () => void): Shortcut => ({ keys, label, group: 'mask', run })
  useShortcuts([
    ...zoomShortcuts(zoom),
    ...maskTools.map(({ tool, key: letter }) => key(letter.toLowerCase(), words.mask.tool[tool], () => setTool(tool))),
    key('[', words.mask.thinner, () => setSize(nextBrush(size, -1, image))),
    key(']', words.mask.thicker, () => setSize(nextBrush(size, 1, image))),
    key('Mod+z', words.mask.undo, () => document.undo()),
    key('Mod+Shift+z', words.mask.redo, () => document.redo()),
    key('Mod+y', words.mask.redo, () => document.redo()),
    key('Mod+i', words.mask.invert, () => document.invert()),
    key('Mod+Enter', words.mask.use, onDone),
    key('Escape', words.mask.close, onClose),
  ])
  const help = mode === 'keep' ? words.mask.keepHelp : words.mask.eraseHelp
  const share = marked / (image.width * image.height)
  const percent = share > 0 && share < 0.01 ? '< 1 %' : `${Math.round(share * 100)} %`

  return (
    <div ref={editor} className={shared.editor} tabIndex={-1} data-shortcuts>
      <div className={shared.bar} role="toolbar" aria-label={words.mask.title}>
        <IconButton icon={X} label={words.mask.close} shortcut="Esc" onClick={onClose} />
        <ToggleGroup.Root
          type="single"
          className={styles.tools}
          value={tool}
          onValueChange={(next) => next && setTool(next as MaskTool)}
          aria-label={words.mask.tools}
        >
          {maskTools.map(({ tool, icon, key }) => (
            <ToggleGroup.Item key={tool} value={tool} asChild>
              <IconButton icon={icon} label={words.mask.tool[tool]} shortcut={key} />
            </ToggleGroup.Item>
          ))}
        </ToggleGroup.Root>
        <label className={styles.size}>
          <span className={styles.dot} style={{ scale: String(0.25 + (0.75 * stepOf(size, image)) / sliderSteps) }} />
          <Slider.Root
            className={styles.slider}
            min={0}
            max={sliderSteps}
            value={[stepOf(size, image)]}
            onValueChange={([step]) => setSize(sizeAt(step!, image))}
          >
            <Slider.Track className={styles.track}>
              <Slider.Range className={styles.range} />
            </Slider.Track>
            <Slider.Thumb
              className={styles.thumb}
              aria-label={words.mask.size}
              aria-valuetext={words.mask.pixels(size)}
            />
          </Slider.Root>
          <span className={`${styles.pixels} numbers`}>{words.mask.pixels(size)}</span>
        </label>
        <div className={styles.group}>
          <IconButton icon={Undo2} label={words.mask.undo} onClick={() => document.undo()} disabled={!canUndo} />
          <IconButton icon={Redo2} label={words.mask.redo} onClick={() => document.redo()} disabled={!canRedo} />
          <IconButton icon={Contrast} label={words.mask.invert} onClick={() => document.invert()} />
          <IconButton icon={Trash2} label={words.mask.clear} onClick={() => document.clear()} disabled={!marked} />
        </div>
      </div>
      <MaskSurface
        image={image}
        document={document}
        mode={mode}
        tool={tool}
        size={size}
        zoom={zoom}
        onZoom={setZoom}
        onLevel={setLevel}
      />
      <div className={shared.foot}>
        <ToggleGroup.Root
          type="single"
          className={styles.modes}
          value={mode}
          onValueChange={(next) => next && onMode(next as MaskMode)}
          aria-label={words.mask.modes}
        >
          <ToggleGroup.Item className={styles.mode} value="keep">
            {words.mask.keep}
          </ToggleGroup.Item>
          <ToggleGroup.Item className={styles.mode} value="erase">
            {words.mask.erase}
          </ToggleGroup.Item>
        </ToggleGroup.Root>
        <div className={styles.zoom}>
          <ZoomControls zoom={zoom} level={level} />
        </div>
        {marked > 0 && <span className={`${styles.share} numbers`}>{words.mask.covers(percent)}</span>}
        <button
          type="button"
          className={controls.primary}
          disabled={!busy && !marked && !wasUsed}
          aria-disabled={busy || undefined}
          onClick={onDone}
        >
          <Check size={18} aria-hidden />
          {busy ? words.mask.saving : !marked && wasUsed ? words.mask.remove : words.mask.use}
        </button>
        <p className={`${shared.help} ${styles.help}`} aria-live="polite">
          {marked ? help : words.mask.start}
          {!marked && <span className={shared.keys}> {words.mask.startKeys}</span>}
        </p>
      </div>
    </div>
  )
}

/** What the buttons need to know of a mask, once a stroke has ended. */
function useMarks(document: MaskDocument) {
  const subscribe = useCallback((changed: () => void) => document.listen(changed), [document])
  const snapshot = useSyncExternalStore(subscribe, () => document.version)
  const [known, setKnown] = useState({ snapshot: -1, marked: 0 })
  // counting goes over the whole mask, so it is done once a change
  if (known.snapshot !== snapshot) setKnown({ snapshot, marked: document.raster.marked })
  return { canUndo: document.canUndo, canRedo: document.canRedo, marked: known.marked }
}
