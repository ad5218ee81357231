import type { History } from '@atelier/contracts'
import { maxInstructionLength } from '@atelier/contracts/limits'
import { X } from 'lucide-react'
import { Popover } from 'radix-ui'
import { TextUse } from '../composer/counter.js'
import { useObstacle } from '../composer/use-obstacle.js'
import { useOutlook } from '../composer/use-outlook.js'
import { useDraft } from '../draft/use-draft.js'
import { words } from '../messages/words.js'
import { useModel, useModels } from '../server/queries.js'
import controls from '../theme/controls.module.css'
import { IconButton } from '../theme/icon-button.js'
import { AdvancedSettings } from './advanced-settings.js'
import { ChoiceSetting } from './choice-setting.js'
import { NumberSetting } from './number-setting.js'
import { SeedSetting } from './seed-setting.js'
import styles from './settings-panel.module.css'
import { SizeSetting } from './size-setting.js'
import { WhatModelSees } from './what-model-sees.js'

/** How many turns of history the server takes when nothing is said. */
const defaultHistory = 5

/** All settings of the next turn, with the model's defaults and limits. */
export default function SettingsPanel() {
  const { draft, setParameter, setHistory, setModel } = useDraft()
  const models = useModels()
  const model = useModel(draft.model)
  // What cannot be sent need not be asked about: the composer says why.
  const { outlook, error } = useOutlook(useObstacle() === null)
  if (!model) return <p className={styles.panel}>{words.app.opening}</p>
  const { parameters, history } = draft
  const { limits, samplers, fast } = model
  const defaults = parameters.speed === 'fast' ? { ...model.defaults, ...fast } : model.defaults
  const changeHistory = (change: Partial<History>) => {
    const next = { mode: 'lineage' as const, ...history, ...change }
    const { mode, limit } = next
    const plain = mode === 'lineage' && (limit === undefined || limit === defaultHistory)
    setHistory(plain ? undefined : next)
  }
  return (
    <div className={styles.panel}>
      <header className={styles.bar}>
        <h2 className={styles.title}>{words.settings.title}</h2>
        <Popover.Close asChild>
          <IconButton icon={X} label={words.settings.close} />
        </Popover.Close>
      </header>
      {models && models.length > 1 && (
        <label className={styles.setting}>
          <span className={styles.head}>{words.settings.model}</span>
          <select
            className={controls.field}
            value={model.name}
            onChange={({ target }) =>
              setModel(models.find(({ name }) => name === target.value)?.default ? undefined : target.value)
            }
          >
            {models.map(({ name, title }) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </select>
        </label>
      )}
      <SizeSetting model={model} outlook={outlook} />
      <ChoiceSetting
        label={words.settings.count}
        value={String(parameters.count ?? 1)}
        options={[1, 2, 3, 4].map((count) => ({ value: String(count), label: count }))}
        onChange={(value) => setParameter('count', value === '1' ? undefined : Number(value))}
      />
      <SeedSetting />
      <label className={styles.setting}>
        <span className={styles.head}>
          <span>{words.settings.negativePrompt}</span>
          <TextUse use={draft.parameters.negativePrompt ? outlook?.negativePrompt : null} />
        </span>
        <textarea
          className={controls.field}
          rows={2}
          dir="auto"
          maxLength={maxInstructionLength}
          value={parameters.negativePrompt ?? ''}
          placeholder={words.settings.negativePromptHint}
          onChange={({ target }) => setParameter('negativePrompt', target.value || undefined)}
        />
      </label>
      <ChoiceSetting
        label={words.settings.history}
        help={words.settings.historyHelp[history?.mode ?? 'lineage']}
        value={history?.mode ?? 'lineage'}
        options={(['lineage', 'session', 'none'] as const).map((mode) => ({
          value: mode,
          label: words.settings.historyModes[mode],
        }))}
        onChange={(value) => changeHistory({ mode: value as History['mode'] })}
      />
      {history?.mode !== 'none' && (
        <NumberSetting
          label={words.settings.historyLimit}
          value={history?.limit}
          defaultValue={defaultHistory}
          min={0}
          max={limits.maxConditionFrames}
          step={1}
          onChange={(limit) => changeHistory({ limit })}
        />
      )}
      <WhatModelSees outlook={outlook} error={error} />
      <h3 className={styles.part}>{words.settings.sampling}</h3>
      <NumberSetting
        label={words.settings.steps}
        help={words.settings.stepsHelp}
        value={parameters.steps}
        defaultValue={defaults.steps}
        min={1}
        max={limits.maxSteps}
        step={1}
        onChange={(value) => setParameter('steps', value)}
      />
      <NumberSetting
        label={words.settings.guidance}
        help={words.settings.guidanceHelp}
        value={parameters.guidanceScale}
        defaultValue={defaults.guidanceScale}
        min={1}
        max={limits.maxGuidanceScale}
        step={0.1}
        onChange={(value) => setParameter('guidanceScale', value)}
      />
      <NumberSetting
        label={words.settings.rescale}
        help={words.settings.rescaleHelp}
        value={parameters.guidanceRescale}
        defaultValue={defaults.guidanceRescale}
        min={0}
        max={1}
        step={0.05}
        onChange={(value) => setParameter('guidanceRescale', value)}
      />
      {fast && (
        <ChoiceSetting
          label={words.settings.speed}
          value={parameters.speed ?? 'exact'}
          options={(['exact', 'fast'] as const).map((speed) => ({ value: speed, label: words.settings.speeds[speed] }))}
          onChange={(value) => setParameter('speed', value === 'fast' ? 'fast' : undefined)}
        />
      )}
      {samplers.length > 1 && (
        <ChoiceSetting
          label={words.settings.sampler}
          value={parameters.sampler ?? defaults.sampler}
          options={samplers.map((sampler) => ({ value: sampler, label: words.settings.samplers[sampler] }))}
          onChange={(value) => {
            const sampler = samplers.find((name) => name === value)
            setParameter('sampler', sampler === defaults.sampler ? undefined : sampler)
          }}
        />
      )}
      <AdvancedSettings defaults={defaults} />
    </div>
  )
}
