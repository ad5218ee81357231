import type { Ready, Worker } from '@atelier/contracts'
import { withTimeout } from '@atelier/service'
import type { ApiContext } from './api-context.js'

const answerMs = 2500
/** A worker that has been silent for longer than this, in seconds, does not count. */
export const workerSeconds = 30

/** States in which a worker takes no work. */
const idle: ReadonlySet<Worker['state']> = new Set(['unhealthy', 'draining', 'drained'])

async function answers(check: () => Promise<unknown>): Promise<'ok' | 'down'> {
  return withTimeout(answerMs, check()).then(
    () => 'ok' as const,
    () => 'down' as const,
  )
}

/** How long a result is shared, in milliseconds: what anybody may ask for must not cost more the more they ask. */
const sharedMs = 1000

/** Health of the dependencies, looked at once a second at most however many ask. */
export function sharedHealth(context: Pick<ApiContext, 'database' | 'queue' | 'objects'>): () => Promise<Ready> {
  let latest: Promise<Ready> | undefined
  return () => {
    latest ??= checkHealth(context).finally(() => {
      setTimeout(() => {
        latest = undefined
      }, sharedMs).unref()
    })
    return latest
  }
}

/**
 * Checks every dependency at once. Every request needs the database. Without the queue turns are taken and queued later,
 * and without the object store all but pictures is served; were that "not ready", a balancer would turn a part that is
 * away into a whole service that is. A missing worker is reported, but is not a failure: turns wait for one.
 */
export async function checkHealth({
  database,
  queue,
  objects,
}: Pick<ApiContext, 'database' | 'queue' | 'objects'>): Promise<Ready> {
  const [databaseState, queueState, objectState, worker] = await Promise.all([
    answers(() => database.check()),
    answers(() => queue.check()),
    answers(() => objects.check()),
    withTimeout(answerMs, database.admin.workers(workerSeconds)).then(
      (workers) => (workers.some(({ state }) => !idle.has(state)) ? ('ok' as const) : ('none' as const)),
      () => 'none' as const,
    ),
  ])
  const ok = [queueState, objectState].every((state) => state === 'ok')
  const status = databaseState === 'down' ? 'unavailable' : ok ? 'ok' : 'degraded'
  return { status, database: databaseState, queue: queueState, objects: objectState, worker }
}
