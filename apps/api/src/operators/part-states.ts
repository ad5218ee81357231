// What each part of the service says of itself, and what to do about it. When it began is the health monitor's business.
import type { HealthPart, ModelLane, QueueState, Worker } from '@atelier/contracts'

/** A part without its `since`, unless it knows that itself. */
export type PartState = Omit<HealthPart, 'since'> & { since?: string | undefined }

const ok = (kind: HealthPart['kind'], name: string = kind): PartState => ({
  kind,
  name,
  status: 'ok',
  reason: null,
  next: null,
})

const advice = {
  database: 'Check that Postgres runs and that DATABASE_URL leads to it; nothing can be served until it answers.',
  queue: 'Check the server that QUEUE_URL names; turns are kept meanwhile, and started when it answers.',
  objects: 'Check the bucket or the folder of image files; pictures can be neither read nor stored until it answers.',
} as const

/** A part that is asked whether it answers. @param failure - why it did not; undefined: it did */
export const answering = (kind: keyof typeof advice, failure: Error | undefined): PartState =>
  failure ? { kind, name: kind, status: 'down', reason: failure.message, next: advice[kind] } : ok(kind)

/** The queue, once it has answered. */
export const queuePart = ({ paused }: Pick<QueueState, 'paused'>): PartState =>
  paused
    ? {
        ...ok('queue'),
        status: 'degraded',
        reason: 'The queue is paused: workers take no new generations.',
        next: 'Resume it when whatever it was paused for is over.',
      }
    : ok('queue')

/** A worker. */
export function workerPart(worker: Worker): PartState {
  const { id, state, stateSince, lastSeenAt, startedAt, hostname, pid, unhealthyReason } = worker
  const part = { ...ok('worker', id), since: stateSince ?? startedAt }
  if (state === 'lost')
    return {
      ...part,
      since: lastSeenAt,
      status: 'down',
      reason: `The worker on ${hostname} has not reported since then.`,
      next: `Look at the log of process ${pid} on ${hostname} and start it again; others take over what it ran.`,
    }
  if (state === 'unhealthy')
    return {
      ...part,
      status: 'down',
      reason: `Generations failed on it one after another: ${unhealthyReason ?? 'unknown'}`,
      next: "It comes back when its probe succeeds; restart its model's process if it does not.",
    }
  if (state === 'draining' || state === 'drained')
    return {
      ...part,
      status: 'degraded',
      reason: 'An operator has drained it: it takes no new generations.',
      next: 'Undrain it when the maintenance is over, or stop it.',
    }
  // it is as well when it begins or ends a generation
  return ok('worker', id)
}

/** A model, by the workers that serve it and by what waits for it. */
export function modelPart(
  name: string,
  workers: readonly Worker[],
  lanes: readonly ModelLane[],
  pausedModels: QueueState['pausedModels'],
): PartState {
  const part = ok('model', name)
  const paused = pausedModels.find(({ model }) => model === name)
  if (paused)
    return {
      ...part,
      since: paused.since,
      status: 'degraded',
      reason: 'It is paused: none of its generations is started.',
      next: 'Resume it when whatever it was paused for is over.',
    }
  const serving = workers.filter(({ models, state }) => models.includes(name) && state !== 'lost')
  if (serving.some(({ state }) => state === 'ready' || state === 'busy')) return part
  const loading = serving.find(({ state }) => state === 'loading')
  if (loading)
    return {
      ...part,
      status: 'degraded',
      reason: `Its worker is loading (${Math.round((loading.loading?.share ?? 0) * 100)} %).`,
      next: 'Wait until it has loaded.',
    }
  const waiting = lanes.reduce((sum, lane) => sum + (lane.model === name ? lane.waiting : 0), 0)
  const status = waiting > 0 ? 'down' : 'degraded'
  if (!serving.length)
    return {
      ...part,
      status,
      reason: waiting > 0 ? `No worker serves it, and ${waiting} wait for one.` : 'No worker serves it; nothing waits.',
      next: 'Start a worker that has this model in its folder, or look why none was started.',
    }
  return {
    ...part,
    status,
    reason: `None of its workers takes work: ${[...new Set(serving.map(({ state }) => state))].join(', ')}.`,
    next: 'Undrain a worker, mend the unhealthy ones, or start another.',
  }
}
