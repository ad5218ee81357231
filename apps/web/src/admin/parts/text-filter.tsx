import { useEffect, useRef, useState } from 'react'
import controls from '../../theme/controls.module.css'
import styles from './parts.module.css'

/** How long typing rests before a list follows, in milliseconds. */
const restMs = 300

/** What a {@link TextFilter} needs. */
export interface TextFilterProps {
  label: string
  value: string
  onChange(value: string): void
}

/** A field that narrows a list, once typing rests. */
export function TextFilter({ label, value, onChange }: TextFilterProps) {
  const [text, setText] = useState(value)
  const [known, setKnown] = useState(value)
  if (known !== value) {
    // It was changed elsewhere, such as by Back.
    setKnown(value)
    setText(value)
  }
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  // Another filter may have been chosen before typing rests.
  const latest = useRef(onChange)
  useEffect(() => {
    latest.current = onChange
  })
  return (
    <label className={styles.filter}>
      {label}
      <input
        type="search"
        className={controls.field}
        value={text}
        autoComplete="off"
        spellCheck={false}
        onChange={({ target }) => {
          setText(target.value)
          clearTimeout(timer.current)
          timer.current = setTimeout(() => {
            setKnown(target.value)
            latest.current(target.value)
          }, restMs)
        }}
      />
    </label>
  )
}
