import { ToggleGroup } from 'radix-ui'
import type { ReactNode } from 'react'
import styles from './settings-panel.module.css'

/** What a {@link ChoiceSetting} needs. */
export interface ChoiceSettingProps {
  label: string
  help?: string
  value: string
  options: readonly { value: string; label: ReactNode; name?: string }[]
  onChange(value: string): void
}

/** One of a few. */
export function ChoiceSetting({ label, help, value, options, onChange }: ChoiceSettingProps) {
  return (
    <div className={styles.setting}>
      <span className={styles.head}>{label}</span>
      <ToggleGroup.Root
        type="single"
        className={styles.choices}
        aria-label={label}
        value={value}
        onValueChange={(next) => next && onChange(next)}
      >
        {options.map((option) => (
          <ToggleGroup.Item key={option.value} value={option.value} className={styles.choice} aria-label={option.name}>
            {option.label}
          </ToggleGroup.Item>
        ))}
      </ToggleGroup.Root>
      {help && <p className={styles.help}>{help}</p>}
    </div>
  )
}
