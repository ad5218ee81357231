import { RotateCcw } from 'lucide-react'
import { Slider } from 'radix-ui'
import { words } from '../messages/words.js'
import { IconButton } from '../theme/icon-button.js'
import styles from './settings-panel.module.css'

/** What a {@link NumberSetting} needs. */
export interface NumberSettingProps {
  label: string
  /** What it does, in a few words. */
  help?: string
  /** Undefined: the default. */
  value: number | undefined
  defaultValue: number
  min: number
  max: number
  step: number
  /** Undefined: the default again. */
  onChange(value: number | undefined): void
}

/** A number with a slider, which knows its default. */
export function NumberSetting({ label, help, value, defaultValue, min, max, step, onChange }: NumberSettingProps) {
  const shown = value ?? defaultValue
  const set = (next: number) => onChange(next === defaultValue ? undefined : next)
  return (
    <div className={styles.setting}>
      <span className={styles.head}>
        <span>{label}</span>
        {value !== undefined && (
          <IconButton
            icon={RotateCcw}
            size={14}
            label={words.settings.reset(label)}
            onClick={() => onChange(undefined)}
          />
        )}
        <output className="numbers">{Number(shown.toFixed(2))}</output>
      </span>
      <Slider.Root
        className={styles.slider}
        min={min}
        max={max}
        step={step}
        value={[shown]}
        onValueChange={([next]) => next !== undefined && set(next)}
      >
        <Slider.Track className={styles.track}>
          <Slider.Range className={styles.range} />
        </Slider.Track>
        <Slider.Thumb className={styles.thumb} aria-label={label} />
      </Slider.Root>
      {help && <p className={styles.help}>{help}</p>}
    </div>
  )
}
