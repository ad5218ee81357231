import type { Model, TurnOutlook } from '@atelier/contracts'
import { useDraft } from '../draft/use-draft.js'
import { words } from '../messages/words.js'
import controls from '../theme/controls.module.css'
import { ChoiceSetting } from './choice-setting.js'
import styles from './settings-panel.module.css'
import { sizePresets } from './sizes.js'

/** The size of a new picture. An edit has the size of its picture, and the panel says so. */
export function SizeSetting({ model, outlook }: { model: Model; outlook: TurnOutlook | undefined }) {
  const { draft, images, setParameter } = useDraft()
  const { limits, defaults } = model
  const { width = defaults.width, height = defaults.height } = draft.parameters
  if (images.length > 0)
    return (
      <div className={styles.setting}>
        <span className={styles.head}>
          <span>{words.settings.size}</span>
          {outlook && (
            <output className="numbers">
              {words.conversation.size(outlook.parameters.width, outlook.parameters.height)}
            </output>
          )}
        </span>
        <p className={styles.help}>{words.settings.sizeOfEdit}</p>
      </div>
    )
  const set = (next: { width: number; height: number }) => {
    const plain = next.width === defaults.width && next.height === defaults.height
    setParameter('width', plain ? undefined : next.width)
    setParameter('height', plain ? undefined : next.height)
  }
  const presets = sizePresets(model)
  const side = (name: string, value: number, change: (value: number) => void) => (
    <label className={styles.side}>
      <span className="hidden">{name}</span>
      <input
        className={`numbers ${controls.field}`}
        type="number"
        min={limits.minSize}
        step={limits.sizeMultiple}
        value={value}
        onChange={({ target }) => Number(target.value) > 0 && change(Math.floor(Number(target.value)))}
      />
    </label>
  )
  return (
    <>
      <ChoiceSetting
        label={words.settings.size}
        value={`${width}×${height}`}
        options={presets.map((preset) => ({
          value: `${preset.width}×${preset.height}`,
          name: words.settings.preset(preset.ratio, preset.width, preset.height),
          label: (
            <span className={styles.preset}>
              <i
                style={{ aspectRatio: `${preset.width} / ${preset.height}` }}
                data-wide={preset.width >= preset.height}
              />
              {preset.ratio}
            </span>
          ),
        }))}
        onChange={(value) => {
          const preset = presets.find((one) => `${one.width}×${one.height}` === value)
          if (preset) set(preset)
        }}
      />
      <span className={styles.row}>
        {side(words.settings.width, width, (value) => set({ width: value, height }))}
        <span aria-hidden>×</span>
        {side(words.settings.height, height, (value) => set({ width, height: value }))}
      </span>
    </>
  )
}
