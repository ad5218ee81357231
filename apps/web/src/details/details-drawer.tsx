import type { Generation } from '@atelier/contracts'
import { SlidersHorizontal } from 'lucide-react'
import { announce } from '../app/announcer.js'
import { Unread } from '../app/unread.js'
import { useDraftActions } from '../draft/use-draft.js'
import { words } from '../messages/words.js'
import { useGeneration, useModels } from '../server/queries.js'
import controls from '../theme/controls.module.css'
import { Drawer } from '../theme/drawer.js'
import drawer from '../theme/drawer.module.css'
import styles from './details-drawer.module.css'
import { LcuView } from './lcu-view.js'
import { Reproduce } from './reproduce.js'
import { settingsOf, timeOf } from './settings-of.js'

/** A drawer with what the model saw for a generation, its settings, and its reproduction. */
export default function DetailsDrawer({ generationId, onClose }: { generationId: string; onClose(): void }) {
  const { data: generation, error, refetch } = useGeneration(generationId)
  return (
    <Drawer title={words.details.title} closeLabel={words.details.close} onClose={onClose}>
      {generation ? (
        <Details key={generation.id} generation={generation} />
      ) : error ? (
        <Unread error={error} refetch={refetch} />
      ) : (
        <p className={drawer.note}>{words.details.reading}</p>
      )}
    </Drawer>
  )
}

function Details({ generation }: { generation: Generation }) {
  const { setParameter, setModel } = useDraftActions()
  const { parameters, seed, model } = generation
  const models = useModels()
  const reuse = () => {
    // the size follows the edited picture, and what the model would take anyway need not be said
    const { steps, guidanceScale, guidanceRescale, sampler, guidanceInterval, speed, negativePrompt, keepUnmasked } =
      parameters
    const all = { steps, guidanceScale, guidanceRescale, sampler, guidanceInterval, keepUnmasked, seed }
    for (const [name, value] of Object.entries(all)) setParameter(name as keyof typeof all, value as never)
    setParameter('speed', speed === 'fast' ? speed : undefined)
    if (negativePrompt) setParameter('negativePrompt', negativePrompt)
    setModel(model)
    announce(words.details.reused)
  }
  return (
    <div className={styles.body}>
      <LcuView generation={generation} />
      <section className={styles.section}>
        <h3>{words.details.settings}</h3>
        <dl className={styles.settings}>
          {settingsOf(generation, models?.find(({ name }) => name === model)?.title).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="numbers">{value}</dd>
            </div>
          ))}
        </dl>
        <button type="button" className={controls.plain} onClick={reuse}>
          <SlidersHorizontal size={16} aria-hidden /> {words.details.reuse}
        </button>
      </section>
      {generation.status === 'succeeded' && <Reproduce generation={generation} />}
      <p className={`${drawer.note} numbers`}>{timeOf(generation)}</p>
    </div>
  )
}
