import styles from './parts.module.css'

/** What a {@link Choice} needs. */
export interface ChoiceProps<Options extends Readonly<Record<string, string>>> {
  label: string
  /** Names by value, in their order. */
  options: Options
  value: keyof Options & string
  onChange(value: keyof Options & string): void
}

/** A few values of which one holds. */
export function Choice<Options extends Readonly<Record<string, string>>>(props: ChoiceProps<Options>) {
  const { label, options, value, onChange } = props
  return (
    <div className={styles.choice} role="group" aria-label={label}>
      {(Object.keys(options) as (keyof Options & string)[]).map((one) => (
        <button key={one} type="button" aria-pressed={one === value} onClick={() => onChange(one)}>
          {options[one]}
        </button>
      ))}
    </div>
  )
}
