import type { Generation, Reproduction } from '@atelier/contracts'
import { useMutation } from '@tanstack/react-query'
import { Equal, EqualNot, Repeat2 } from 'lucide-react'
import { useState } from 'react'
import { fail } from '../app/failure.js'
import { words } from '../messages/words.js'
import { atelier } from '../server/client.js'
import controls from '../theme/controls.module.css'
import drawer from '../theme/drawer.module.css'
import styles from './details-drawer.module.css'

/** Runs a generation again from its record and says how the two pictures compare. */
export function Reproduce({ generation }: { generation: Generation }) {
  const [progress, setProgress] = useState<{ step: number; steps: number } | null>(null)
  const { mutate, data, isPending } = useMutation({
    mutationFn: async () => {
      const again = await atelier.generations.reproduce(generation.id)
      return atelier.generations.wait(again.id, { onProgress: ({ step, steps }) => setProgress({ step, steps }) })
    },
    onError: fail,
    onSettled: () => setProgress(null),
  })
  const result = data ? data.reproduction : generation.reproduction
  return (
    <section className={styles.section}>
      <h3>{words.details.reproduce}</h3>
      <p className={drawer.note}>{words.details.reproduceHelp}</p>
      <div aria-live="polite">
        {data && data.status !== 'succeeded' && (
          <p className={controls.problem}>{data.error?.message ?? words.details.failed}</p>
        )}
        {result && result.equal !== null && <Result {...result} />}
      </div>
      <button
        type="button"
        className={controls.plain}
        aria-disabled={isPending || undefined}
        onClick={() => !isPending && mutate()}
      >
        <Repeat2 size={16} aria-hidden />
        {!isPending
          ? words.details.reproduce
          : progress
            ? words.conversation.step(progress.step, progress.steps)
            : words.details.reproducing}
      </button>
    </section>
  )
}

function Result({ equal, differentPixels, maxDifference, sameDevice }: Reproduction) {
  const Icon = equal ? Equal : EqualNot
  return (
    <p className={styles.result} data-equal={equal || undefined}>
      <Icon size={18} aria-hidden />
      <span>
        {equal
          ? words.details.equal
          : words.details.different((differentPixels ?? 0).toLocaleString(), maxDifference ?? 0)}
        {!equal && sameDevice === false && ` ${words.details.otherDevice}`}
      </span>
    </p>
  )
}
