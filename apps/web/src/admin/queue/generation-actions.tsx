import type { AdminGeneration } from '@atelier/client'
import { ArrowUpToLine, CircleX, ParkingCircle, Play, RotateCcw } from 'lucide-react'
import { adminWords } from '../../messages/admin-words.js'
import { Action } from '../parts/action.js'
import { admin } from '../server/queries.js'
import { stateOf } from './state-badge.js'

const { queue: words } = adminWords

/** What {@link GenerationActions} needs. */
export interface GenerationActionsProps {
  generation: Pick<AdminGeneration, 'id' | 'status' | 'parkedAt' | 'poison'>
  /** Only what makes a failure good, for a line of a list. Default false. */
  brief?: boolean
}

/** What can be done with a generation as it is now. */
export function GenerationActions({ generation, brief = false }: GenerationActionsProps) {
  const { id } = generation
  const state = stateOf(generation)
  const kind = brief ? 'quiet' : 'plain'
  const common = { kind, ...(brief && { of: id }) } as const
  if (state === 'poison')
    return (
      <Action
        {...common}
        label={words.putBack}
        icon={Play}
        ask={{ title: words.putBackTitle, text: words.putBackText }}
        run={() => admin.moveGeneration(id, 'unpark').then((fresh) => words.again(fresh.id))}
      />
    )
  if (state === 'failed' || (!brief && (state === 'succeeded' || state === 'cancelled')))
    return (
      <Action
        {...common}
        label={words.retry}
        icon={RotateCcw}
        run={() => admin.retry(id).then((fresh) => words.again(fresh.id))}
      />
    )
  if (state === 'parked')
    return (
      <>
        <Action
          {...common}
          label={words.unpark}
          icon={Play}
          run={() => admin.moveGeneration(id, 'unpark').then(() => words.unparked)}
        />
        {!brief && <Cancel id={id} running={false} />}
      </>
    )
  if (brief || state === 'succeeded' || state === 'cancelled') return null
  return (
    <>
      {state === 'queued' && (
        <>
          <Action
            label={words.front}
            icon={ArrowUpToLine}
            run={() => admin.moveGeneration(id, 'front').then(() => words.atFront)}
          />
          <Action
            label={words.park}
            icon={ParkingCircle}
            ask={{ title: words.parkTitle, text: words.parkText }}
            run={() => admin.moveGeneration(id, 'park').then(() => words.parkedNow)}
          />
        </>
      )}
      <Cancel id={id} running={state === 'running'} />
    </>
  )
}

function Cancel({ id, running }: { id: string; running: boolean }) {
  return (
    <Action
      label={words.cancel}
      icon={CircleX}
      ask={{ title: words.cancelTitle, text: running ? words.cancelRunningText : words.cancelText, danger: true }}
      run={() => admin.cancel(id).then(() => words.cancelled)}
    />
  )
}
