import type { AdminEvent, AdminEventName } from '@atelier/contracts'
import type { Wakeups } from '@atelier/database'
import type { ProgressFeed } from '@atelier/queue'
import type { FastifyBaseLogger } from 'fastify'
import { lostSeconds, type HealthMonitor } from './health-monitor.js'
import { queueState, type QueueParts } from './queue-state.js'

/** How often something new is told at most, and how often it is looked although nothing woke the hub, in milliseconds. */
const tickMs = 1000
const lookMs = 5000
/** Sessions and generations that are remembered until the next tick, and generations that one event tells of. */
const mostTouched = 1000
const mostChanged = 100
/** How far back a tick looks for changes of generations, in seconds: longer than between two ticks of a slow process. */
const changedSeconds = 10

/** Somebody who watches the service. May not throw. */
export interface OperatorWatcher {
  tell(event: AdminEvent): void
}

/** What the hub is built on. */
export interface OperatorHubDeps extends QueueParts {
  wakeups: Pick<Wakeups, 'onSessionEvents' | 'onOperators' | 'onReconnect'>
  progress: ProgressFeed
  health: Pick<HealthMonitor, 'read'>
  logger: FastifyBaseLogger
}

type State = Exclude<AdminEventName, 'generations' | 'action'>

/** Without what changes at every look. */
const comparable = (event: AdminEvent): string =>
  JSON.stringify(event.type === 'health' ? { ...event.data, checkedAt: '' } : event.data)

/**
 * Tells operators what is new: the notices of the database, which every process sends, and the steps of the queue's feed say
 * that something is; what it is, is read once for all watchers of this process. While nobody watches it does nothing.
 */
export class OperatorHub {
  /** By watcher, what it was told last. */
  private readonly watchers = new Map<OperatorWatcher, Map<State, string>>()
  private readonly sessions = new Set<string>()
  private readonly generations = new Set<string>()
  private overflow = false
  private acted = false
  private due = false
  private lastLook = 0
  private ticking = false
  private timer: NodeJS.Timeout | undefined

  constructor(private readonly deps: OperatorHubDeps) {
    const { wakeups, progress } = deps
    wakeups.onSessionEvents((id) => this.touch(this.sessions, id))
    progress.onProgress(({ generationId }) => this.touch(this.generations, generationId))
    wakeups.onOperators((what) => {
      if (!this.watchers.size) return
      if (what.startsWith('gen_')) this.touch(this.generations, what)
      if (what === 'action') this.acted = true
      this.due = true
    })
    wakeups.onReconnect(() => {
      if (!this.watchers.size) return
      this.overflow = true
      this.acted = true
      this.due = true
    })
  }

  /** Tells a watcher how things stand and then what changes, until the returned function is called. */
  watch(watcher: OperatorWatcher): () => void {
    this.watchers.set(watcher, new Map())
    this.due = true
    if (!this.timer) {
      this.timer = setInterval(() => void this.tick(), tickMs)
      this.timer.unref()
    }
    void this.tick()
    return () => {
      this.watchers.delete(watcher)
      if (this.watchers.size) return
      clearInterval(this.timer)
      this.timer = undefined
    }
  }

  close(): void {
    clearInterval(this.timer)
    this.timer = undefined
    this.watchers.clear()
  }

  private touch(set: Set<string>, id: string): void {
    if (!this.watchers.size) return
    if (set.size < mostTouched) set.add(id)
    else this.overflow = true
    this.due = true
  }

  private async tick(): Promise<void> {
    if (this.ticking || !this.watchers.size || (!this.due && Date.now() - this.lastLook < lookMs)) return
    this.ticking = true
    this.due = false
    this.lastLook = Date.now()
    try {
      await this.tellChanges()
      for (const state of await this.readStates()) this.tellState(state)
    } catch (error) {
      this.deps.logger.warn({ err: error }, 'operators could not be told what is new; trying again')
    } finally {
      this.ticking = false
    }
  }

  private async tellChanges(): Promise<void> {
    const { sessions, generations, overflow, acted } = this
    const [sessionIds, generationIds] = [[...sessions], [...generations]]
    sessions.clear()
    generations.clear()
    this.overflow = false
    this.acted = false
    if (acted) this.tellAll({ type: 'action', data: {} })
    if (!overflow && !sessionIds.length && !generationIds.length) return
    const query = { sessionIds, generationIds, withinSeconds: changedSeconds, limit: mostChanged + 1 }
    const rows = await this.deps.database.admin.changedGenerations(query)
    const data = rows.slice(0, mostChanged).map((row) => {
      const { id, ownerId, sessionId, turnId, model, status, priority, attempt, step, steps, workerId, parkedAt } = row
      const place = { id, ownerId, sessionId, turnId, model, status, priority }
      return { ...place, attempt, step, steps, workerId, parkedAt, code: row.error?.code ?? null }
    })
    const more = overflow || rows.length > mostChanged
    if (data.length || more) this.tellAll({ type: 'generations', data: { data, more } })
  }

  private async readStates(): Promise<(AdminEvent & { type: State })[]> {
    const { health, database } = this.deps
    const read = await Promise.allSettled([
      health.read().then((data) => ({ type: 'health' as const, data })),
      queueState(this.deps).then((data) => ({ type: 'queue' as const, data })),
      database.admin.workers(lostSeconds).then((data) => ({ type: 'workers' as const, data: { data } })),
    ])
    // what cannot be read is said by `health`
    return read.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  }

  private tellState(event: AdminEvent & { type: State }): void {
    const text = comparable(event)
    for (const [watcher, told] of this.watchers) {
      if (told.get(event.type) === text) continue
      told.set(event.type, text)
      watcher.tell(event)
    }
  }

  private tellAll(event: AdminEvent): void {
    for (const watcher of this.watchers.keys()) watcher.tell(event)
  }
}
