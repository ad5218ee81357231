import type { Model } from '@atelier/contracts'
import { Slider } from 'radix-ui'
import { useDraft } from '../draft/use-draft.js'
import { words } from '../messages/words.js'
import { ChoiceSetting } from './choice-setting.js'
import styles from './settings-panel.module.css'

const keepModes = ['auto', 'keep', 'free'] as const

/** What few need, folded away: which steps are guided, and what happens outside a mask. */
export function AdvancedSettings({ defaults }: Pick<Model, 'defaults'>) {
  const { draft, images, setParameter } = useDraft()
  const { guidanceInterval = defaults.guidanceInterval, keepUnmasked } = draft.parameters
  const [from, to] = (guidanceInterval ?? [0, 1]).map((share) => Math.round(share * 100)) as [number, number]
  const [usualFrom, usualTo] = defaults.guidanceInterval ?? [0, 1]
  const setInterval = (next: readonly number[]) => {
    const [begin, end] = next.map((percent) => percent / 100) as [number, number]
    if (begin === usualFrom && end === usualTo) setParameter('guidanceInterval', undefined)
    else setParameter('guidanceInterval', begin === 0 && end === 1 ? null : [begin, end])
  }
  const keep = keepUnmasked === undefined ? 'auto' : keepUnmasked ? 'keep' : 'free'
  const changed = 'guidanceInterval' in draft.parameters || keepUnmasked !== undefined
  return (
    <details className={styles.advanced} open={changed || undefined}>
      <summary>{words.settings.advanced}</summary>
      <div className={styles.setting}>
        <span className={styles.head}>
          <span>{words.settings.interval}</span>
          <output className="numbers">{words.settings.intervalValue(from, to)}</output>
        </span>
        <Slider.Root
          className={styles.slider}
          min={0}
          max={100}
          step={5}
          minStepsBetweenThumbs={1}
          value={[from, to]}
          onValueChange={setInterval}
        >
          <Slider.Track className={styles.track}>
            <Slider.Range className={styles.range} />
          </Slider.Track>
          <Slider.Thumb className={styles.thumb} aria-label={words.settings.intervalEnds.from} />
          <Slider.Thumb className={styles.thumb} aria-label={words.settings.intervalEnds.to} />
        </Slider.Root>
        <p className={styles.help}>{words.settings.intervalHelp}</p>
      </div>
      {images[0]?.maskId && (
        <ChoiceSetting
          label={words.settings.keepUnmasked}
          help={words.settings.keepUnmaskedHelp[keep]}
          value={keep}
          options={keepModes.map((mode) => ({ value: mode, label: words.settings.keepUnmaskedModes[mode] }))}
          onChange={(value) => setParameter('keepUnmasked', value === 'auto' ? undefined : value === 'keep')}
        />
      )}
    </details>
  )
}
