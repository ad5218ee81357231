import type { AdminGeneration } from '@atelier/client'
import { adminWords } from '../../messages/admin-words.js'
import { Badge, type Tone } from '../parts/badge.js'
import type { State } from './filters.js'

const tones: Record<State, Tone> = {
  queued: 'still',
  running: 'busy',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'still',
  parked: 'warn',
  poison: 'bad',
}

/** What an operator calls the state of a generation. */
export const stateOf = ({
  status,
  parkedAt,
  poison,
}: Pick<AdminGeneration, 'status' | 'parkedAt' | 'poison'>): State =>
  poison ? 'poison' : status === 'queued' && parkedAt ? 'parked' : status

/** The state of a generation. */
export function StateBadge(generation: Pick<AdminGeneration, 'status' | 'parkedAt' | 'poison'>) {
  const state = stateOf(generation)
  return <Badge tone={tones[state]}>{adminWords.queue.states[state]}</Badge>
}
