import type { ParametersRequest } from '@atelier/contracts'
import { X } from 'lucide-react'
import { memo } from 'react'
import { useDraft } from '../draft/use-draft.js'
import { words } from '../messages/words.js'
import controls from '../theme/controls.module.css'
import styles from './setting-chips.module.css'

/** The settings that differ from the model's defaults, each with a way back. */
export const SettingChips = memo(function SettingChips() {
  const { draft, images, setParameter, setHistory, setModel } = useDraft()
  const { width, height, ...parameters } = draft.parameters
  const chips: { key: string; label: string; reset(): void }[] = []
  if (draft.model) chips.push({ key: 'model', label: draft.model, reset: () => setModel(undefined) })
  // An edit has the size of its picture.
  if (width && height && images.length === 0)
    chips.push({
      key: 'size',
      label: words.conversation.size(width, height),
      reset: () => {
        setParameter('width', undefined)
        setParameter('height', undefined)
      },
    })
  for (const [name, value] of Object.entries(parameters)) {
    const label = words.settings.chip(name as keyof ParametersRequest, value as string | number | boolean | null)
    chips.push({ key: name, label, reset: () => setParameter(name as keyof ParametersRequest, undefined) })
  }
  if (draft.history)
    chips.push({
      key: 'history',
      label: words.settings.historyChip(draft.history.mode, draft.history.limit),
      reset: () => setHistory(undefined),
    })
  if (chips.length === 0) return null
  return (
    <ul className={styles.chips} aria-label={words.settings.changed}>
      {chips.map(({ key, label, reset }) => (
        <li key={key}>
          <button type="button" className={controls.chip} aria-label={words.settings.reset(label)} onClick={reset}>
            <span className={styles.label}>{label}</span>
            <X size={14} aria-hidden />
          </button>
        </li>
      ))}
    </ul>
  )
})
