import { Dices, Lock, LockOpen } from 'lucide-react'
import { useId, useState } from 'react'
import { madePictures } from '../conversation/conversation-state.js'
import { useConversationState } from '../conversation/conversation-store.js'
import { useDraft } from '../draft/use-draft.js'
import { numberOf } from '../messages/amounts.js'
import { words } from '../messages/words.js'
import { useShownId } from '../stage/stage-store.js'
import controls from '../theme/controls.module.css'
import { IconButton } from '../theme/icon-button.js'
import { maxSeed, randomSeed, readSeed } from './seed.js'
import styles from './settings-panel.module.css'

/** The seed: random for each turn, or locked. What is no seed stays in the field, with the reason, and is not used. */
export function SeedSetting() {
  const { draft, setParameter } = useDraft()
  const shownId = useShownId()
  const shown = useConversationState(
    (state) => madePictures(state).find(({ image }) => image.id === shownId)?.generation.seed,
  )
  const id = useId()
  const { seed } = draft.parameters
  const [typed, setTyped] = useState('')
  const wrong = readSeed(typed) === null
  const set = (next: number | undefined) => {
    setTyped('')
    setParameter('seed', next)
  }
  const locked = seed !== undefined
  return (
    <div className={styles.setting}>
      <label htmlFor={id} className={styles.head}>
        {words.settings.seed}
      </label>
      <span className={styles.row}>
        <input
          id={id}
          className={`numbers ${controls.field}`}
          inputMode="numeric"
          autoComplete="off"
          value={wrong ? typed : (seed ?? '')}
          placeholder={words.settings.seedRandom}
          aria-invalid={wrong}
          aria-describedby={wrong ? `${id}-wrong` : undefined}
          onChange={({ target }) => {
            setTyped(target.value)
            setParameter('seed', readSeed(target.value) ?? undefined)
          }}
        />
        <IconButton
          icon={locked ? Lock : LockOpen}
          label={locked ? words.settings.unlockSeed : words.settings.lockSeed}
          aria-pressed={locked}
          onClick={() => set(locked ? undefined : (shown ?? randomSeed()))}
        />
        <IconButton icon={Dices} label={words.settings.rollSeed} onClick={() => set(randomSeed())} />
      </span>
      {wrong && (
        <p id={`${id}-wrong`} className={controls.problem} role="alert">
          {words.settings.noSeed(numberOf(maxSeed))}
        </p>
      )}
    </div>
  )
}
