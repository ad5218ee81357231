import { ClaimTooEarlyError, LostClaimError, type Database, type OwnerRepositories } from '../../src/index.js'
import { newImage } from '../support.js'
import type { Rows } from './world.js'

/** The two workers. */
export const workers = ['wrk_a', 'wrk_b'] as const
export type WorkerId = (typeof workers)[number]

/** What a worker remembers of the generation that it took; it may have lost it without knowing. */
export interface Held {
  attempt: number
  stepped: boolean
  /** The last step said that somebody wants to cancel. */
  told: boolean
}

/** How much more the search allows. */
export interface Budget {
  /** Faults, failures and releases. */
  trouble: number
  cancel: number
}

/** Everything that decides what can happen next. */
export interface State {
  rows: Rows
  held: Record<WorkerId, Held | null>
  /** Jobs in the queue that name the generation. */
  jobs: number
  left: Budget
}

/** Whose move it is. */
export type Actor = WorkerId | 'queue' | 'sweep' | 'canceller'
export interface Move {
  actor: Actor
  name:
    | 'claim'
    | 'step'
    | 'succeed'
    | 'fail'
    | 'try elsewhere'
    | 'release'
    | 'stop'
    | 'crash'
    | 'redeliver'
    | 'flush'
    | 'sweep'
    | 'cancel'
}

/** The product's calls, which a test may replace by wrong ones. */
export interface Product {
  generationId: string
  work: Database['work']
  overdue: () => Promise<boolean>
  cancel: OwnerRepositories['generations']['cancel']
}

/** Faults, after which the rest must still come to an end. */
export const isFault = ({ name }: Move) => ['crash', 'redeliver', 'flush'].includes(name)

/** Every move that someone could make. */
export function moves({ held, jobs, left }: State): Move[] {
  const list: Move[] = [{ actor: 'sweep', name: 'sweep' }]
  if (left.cancel) list.push({ actor: 'canceller', name: 'cancel' })
  if (left.trouble && jobs) list.push({ actor: 'queue', name: 'flush' })
  // the queue holds a worker for dead that lives
  if (left.trouble && workers.some((id) => held[id])) list.push({ actor: 'queue', name: 'redeliver' })
  for (const actor of workers) {
    const job = held[actor]
    const add = (...names: Move['name'][]) => list.push(...names.map((name) => ({ actor, name })))
    if (!job) {
      if (jobs) add('claim')
      continue
    }
    if (left.trouble) add('crash')
    if (job.told) {
      add('stop')
      continue
    }
    if (!job.stepped) add('step')
    add('succeed')
    if (left.trouble) add('fail', 'try elsewhere', 'release')
  }
  return list
}

/** What a call came to, beside the rows. */
export type Outcome = 'done' | 'lost' | 'early' | 'nothing' | 'refused'

/** Makes a move through the product; the rows are read by the caller. */
export async function make(
  { generationId: id, work, overdue, cancel }: Product,
  state: State,
  { actor, name }: Move,
): Promise<{ outcome: Outcome; next: Omit<State, 'rows'> }> {
  const next = { held: { ...state.held }, jobs: state.jobs, left: { ...state.left } }
  const worker = actor as WorkerId
  const held = state.held[worker]
  const claimed = { id, attempt: held?.attempt ?? 0 }
  const failure = { code: 'model_failed' as const, message: 'x' }
  const end = async (call: () => Promise<unknown>) => {
    next.held[worker] = null
    return call()
  }
  const calls: Record<Move['name'], () => Promise<unknown>> = {
    claim: async () => {
      next.jobs -= 1
      const generation = await work.claim(id, worker)
      // it had ended, or ends by this
      if (!generation) return state.rows.generation.status === 'running' ? 'done' : 'nothing'
      next.held[worker] = { attempt: generation.attempt, stepped: false, told: generation.cancelRequested }
      return 'done'
    },
    step: async () => {
      const { cancelRequested } = await work.step(claimed, 1)
      next.held[worker] = { ...held!, stepped: true, told: cancelRequested }
    },
    succeed: () => end(() => work.succeed(claimed, { images: [newImage('generated')], timings: {}, device: 'cpu' })),
    fail: () => {
      next.left.trouble -= 1
      return end(() => work.fail(claimed, failure))
    },
    'try elsewhere': () => {
      next.left.trouble -= 1
      return end(async () => {
        if ((await work.tryElsewhere(claimed, worker, failure)) === 'queued') next.jobs += 1
      })
    },
    release: () => {
      next.left.trouble -= 1
      return end(async () => {
        await work.release(claimed)
        next.jobs += 1
      })
    },
    stop: () => end(() => work.cancelled(claimed)),
    crash: () => {
      next.left.trouble -= 1
      return end(async () => {})
    },
    redeliver: async () => {
      next.left.trouble -= 1
      next.jobs += 1
    },
    flush: async () => {
      next.left.trouble -= 1
      next.jobs = 0
    },
    sweep: async () => {
      if (!(await overdue())) return 'nothing'
      // a worker that lives and holds it gives signs of life; that it seems silent all the same is a redelivery
      const { status, attempt } = state.rows.generation
      const alive = status === 'running' && workers.some((worker) => state.held[worker]?.attempt === attempt)
      if (!alive) next.jobs = Math.max(1, next.jobs)
      return 'done'
    },
    cancel: async () => {
      next.left.cancel -= 1
      await cancel(id)
    },
  }
  try {
    const said = await calls[name]()
    return { outcome: said === 'nothing' ? 'nothing' : 'done', next }
  } catch (error) {
    if (error instanceof LostClaimError) {
      next.held[worker] = null
      return { outcome: 'lost', next }
    }
    if (error instanceof ClaimTooEarlyError) {
      next.jobs += 1
      return { outcome: 'early', next }
    }
    if ((error as { code?: string }).code === 'not_cancellable') return { outcome: 'refused', next }
    throw error
  }
}
