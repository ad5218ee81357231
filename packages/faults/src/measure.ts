import type { State } from './check/state.js'
import type { ClientLog } from './drive/client-log.js'
import type { Fault } from './scenarios/world.js'

/** Times in milliseconds; null when nothing was measured. */
export interface Spread {
  count: number
  p50: number | null
  p99: number | null
  most: number | null
}

/** The value below which a share of the values lies (nearest rank). */
function quantile(sorted: readonly number[], share: number): number | null {
  if (sorted.length === 0) return null
  return Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!)
}

/** Middle, 99th percentile and maximum. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  return { count: sorted.length, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), most: quantile(sorted, 1) }
}

/** From the loss of a worker to the next start of the generation that it had. */
export function rePickups(state: Pick<State, 'events'>, faults: readonly Fault[]): number[] {
  return faults.flatMap(({ at, torn }) =>
    torn.flatMap(({ generationId, attempt }) => {
      const next = state.events.find(
        (event) =>
          event.type === 'generation-started' && event.generationId === generationId && event.attempt === attempt + 1,
      )
      return next ? [next.at - at] : []
    }),
  )
}

/** From the moment a part is whole again to the next generation that succeeds. */
export function recoveries(state: Pick<State, 'events'>, faults: readonly Fault[]): number[] {
  const ends = state.events.filter(({ type }) => type === 'generation-succeeded').map(({ at }) => at)
  ends.sort((a, b) => a - b)
  return faults.flatMap(({ until }) => {
    const next = until === undefined ? undefined : ends.find((at) => at > until)
    return next === undefined ? [] : [next - until!]
  })
}

/** From a client's request to cancel to the end of the generation, where that was still to come. */
export function cancellations(
  state: Pick<State, 'generations'>,
  { cancelled }: Pick<ClientLog, 'cancelled'>,
): number[] {
  const ends = new Map(state.generations.map(({ id, finishedAt }) => [id, finishedAt]))
  return cancelled.flatMap(({ generationId, askedAt }) => {
    const end = ends.get(generationId)
    return end ? [Math.max(0, end - askedAt)] : []
  })
}
