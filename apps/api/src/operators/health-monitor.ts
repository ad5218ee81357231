import type { AdminHealth, HealthPart, QueueState, Worker } from '@atelier/contracts'
import { TimeoutError, withTimeout } from '@atelier/service'
import type { Database } from '@atelier/database'
import type { ObjectStore } from '@atelier/objects'
import type { GenerationQueue } from '@atelier/queue'
import type { ModelCatalog } from '../model-catalog.js'
import { answering, modelPart, queuePart, workerPart, type PartState } from './part-states.js'

interface Deps {
  database: Pick<Database, 'admin' | 'check'>
  queue: Pick<GenerationQueue, 'counts'>
  objects: Pick<ObjectStore, 'check'>
  models: Pick<ModelCatalog, 'list'>
}

const answerMs = 2500
/** How long a result is shared, in milliseconds: looking must not cost more the more look. */
const sharedMs = 1000
/** How often it looks when nobody asks, in milliseconds: it can only tell since when of what it has seen. */
const lookEveryMs = 15_000
/** A worker that has fallen silent is shown for so long, in seconds. */
export const lostSeconds = 600

const ranks = { down: 0, degraded: 1, ok: 2 } as const
const kinds = ['database', 'queue', 'objects', 'model', 'worker'] as const
const badness = ({ status, kind }: HealthPart) => ranks[status] * kinds.length + kinds.indexOf(kind)

async function failureOf(check: () => Promise<unknown>): Promise<Error | undefined> {
  return withTimeout(answerMs, check()).then(
    () => undefined,
    (error: Error) => (error instanceof TimeoutError ? new Error('It does not answer.') : error),
  )
}

/**
 * Whether the service is well, part by part. Since when is remembered by this process, so a restart of it begins anew; of
 * workers and pauses the database knows.
 */
export class HealthMonitor {
  private since = new Map<string, { status: HealthPart['status']; at: string }>()
  private latest: Promise<AdminHealth> | undefined

  private readonly timer: NodeJS.Timeout

  /** Looks now and then until it is closed. */
  constructor(private readonly deps: Deps) {
    void this.read()
    this.timer = setInterval(() => void this.read(), lookEveryMs)
    this.timer.unref()
  }

  close(): void {
    clearInterval(this.timer)
  }

  /** The health at the moment, looked at once a second at most. Never rejects: what does not answer is a part. */
  read(): Promise<AdminHealth> {
    this.latest ??= this.look().finally(() => {
      setTimeout(() => {
        this.latest = undefined
      }, sharedMs).unref()
    })
    return this.latest
  }

  private async look(): Promise<AdminHealth> {
    const { database, queue, objects } = this.deps
    const counts = withTimeout(answerMs, queue.counts())
    const [databaseFailure, queueFailure, objectsFailure] = await Promise.all([
      failureOf(() => database.check()),
      failureOf(() => counts),
      failureOf(() => objects.check()),
    ])
    const known = databaseFailure ? null : await withTimeout(answerMs, this.ask()).catch(() => null)
    const states = [
      answering('database', databaseFailure ?? (known ? undefined : new Error('The database is too slow.'))),
      queueFailure ? answering('queue', queueFailure) : queuePart(await counts),
      answering('objects', objectsFailure),
      ...(known ? this.partsOf(known) : []),
    ]
    const parts = this.withSince(states).toSorted((a, b) => badness(a) - badness(b))
    const worst = parts[0]!
    const down = (kind: HealthPart['kind']) => parts.some((part) => part.kind === kind && part.status === 'down')
    return {
      status: down('database') ? 'unavailable' : worst.status === 'ok' ? 'ok' : 'degraded',
      summary: summaryOf(parts),
      checkedAt: new Date().toISOString(),
      parts,
      work: known && known.work,
    }
  }

  private async ask() {
    const { admin } = this.deps.database
    const [workers, lanes, pausedModels, work] = await Promise.all([
      admin.workers(lostSeconds),
      admin.modelLanes(),
      admin.pausedModels(),
      admin.workSummary(),
    ])
    return { workers, lanes, pausedModels, work }
  }

  private partsOf({
    workers,
    lanes,
    pausedModels,
  }: { workers: Worker[] } & Pick<QueueState, 'lanes' | 'pausedModels'>) {
    const models = this.deps.models.list().map(({ name }) => modelPart(name, workers, lanes, pausedModels))
    return [...models, ...workers.map(workerPart)]
  }

  private withSince(states: readonly PartState[]): HealthPart[] {
    const now = new Date().toISOString()
    const before = this.since
    this.since = new Map()
    return states.map((part) => {
      const key = `${part.kind} ${part.name}`
      const old = before.get(key)
      const at = old?.status === part.status ? old.at : now
      this.since.set(key, { status: part.status, at })
      return { ...part, since: part.since ?? at }
    })
  }
}

const labels = {
  database: 'The database',
  queue: 'The queue',
  objects: 'The object store',
  model: 'The model',
  worker: 'The worker',
} as const

function summaryOf(parts: readonly HealthPart[]): string {
  const [worst, ...others] = parts.filter(({ status }) => status !== 'ok')
  if (!worst) return 'Everything works.'
  const { kind, name, status, since, reason, next } = worst
  const what = kind === name ? labels[kind] : `${labels[kind]} ${name}`
  const more = others.length ? ` ${others.length} more ${others.length === 1 ? 'part is' : 'parts are'} not well.` : ''
  return `${what} is ${status} since ${since}: ${reason ?? ''} ${next ?? ''}${more}`
}
