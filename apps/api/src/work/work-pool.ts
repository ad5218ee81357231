import { AtelierError, type ErrorCode } from '@atelier/contracts'
import { WorkChild } from './work-child.js'
import type { WorkBudget } from './messages.js'
import type { Tasks } from './work-process.js'

/** Most tasks of one owner, and of all, that wait for a process. */
const mostWaiting = { owner: 16, all: 256 }
/** Weight of the newest duration in the mean that `Retry-After` is made of. */
const newest = 0.2

/** How much a {@link WorkPool} does. */
export interface WorkPoolOptions extends WorkBudget {
  /** Most processes; default 2. */
  processes: number
  /** Longest time of a task in milliseconds, for a process that hangs; default a minute. */
  wallMs: number
}
const defaults: WorkPoolOptions = { processes: 2, wallMs: 60_000, cpuMs: 1500, bytes: 128 * 1024 * 1024 }

interface Waiting {
  start(child: WorkChild): Promise<void>
  refuse(error: AtelierError): void
}

/** What the tasks named `N` of a {@link WorkPool} answer. */
export type TaskResult<N extends keyof Tasks> = Awaited<ReturnType<Tasks[N]>>

/**
 * Processes for work that a caller's bytes can make long, large or fatal: decoding pictures, checking what an archive
 * says. They start when they are needed and stay; one that ends is replaced. Owners take turns, and each has one task
 * running at a time, so a costly file holds up its owner alone while there are two processes or more.
 */
export class WorkPool {
  private readonly idle: WorkChild[] = []
  private readonly children = new Set<WorkChild>()
  /** Tasks of each owner in order; whoever was served last is last. */
  private readonly waiting = new Map<string, Waiting[]>()
  private readonly running = new Set<string>()
  private meanMs = 200
  private closed = false

  private readonly options: WorkPoolOptions

  constructor(options: Partial<WorkPoolOptions> = {}) {
    this.options = { ...defaults, ...options }
  }

  /** Ids of the processes that live. */
  get pids(): number[] {
    return [...this.children].flatMap(({ pid }) => pid ?? [])
  }

  /**
   * Does a task of `work-process.ts` in one of the processes.
   *
   * @param tooCostly - code of the error when it takes too much processor time or memory
   * @throws AtelierError of the task; `tooCostly`; `busy` when too many wait; `internal` when the process died
   */
  run<N extends keyof Tasks>(
    ownerId: string,
    tooCostly: ErrorCode,
    task: N,
    ...args: Parameters<Tasks[N]>
  ): Promise<TaskResult<N>> {
    return new Promise((resolve, reject) => {
      const own = this.waiting.get(ownerId) ?? []
      if (this.closed) return reject(new AtelierError('busy'))
      if (own.length >= mostWaiting.owner || this.count >= mostWaiting.all) return reject(this.refusal(own.length))
      own.push({
        start: async (child) => {
          const { wallMs, cpuMs, bytes } = this.options
          const answer = child.run({ task, args, budget: { cpuMs, bytes } }, wallMs, tooCostly)
          await answer.then((value) => resolve(value as TaskResult<N>), reject)
        },
        refuse: reject,
      })
      this.waiting.set(ownerId, own)
      this.next()
    })
  }

  /** Ends all processes and refuses what waits. */
  async close(): Promise<void> {
    this.closed = true
    for (const { refuse } of [...this.waiting.values()].flat()) refuse(new AtelierError('busy'))
    this.waiting.clear()
    await Promise.all([...this.children].map((child) => child.kill()))
  }

  private get count(): number {
    return [...this.waiting.values()].reduce((sum, { length }) => sum + length, 0)
  }

  private refusal(ownWaiting: number): AtelierError {
    // one process serves an owner, all of them serve everybody
    const queueMs = (ownWaiting >= mostWaiting.owner ? ownWaiting : this.count / this.options.processes) * this.meanMs
    const retryAfterSeconds = Math.max(1, Math.ceil(queueMs / 1000))
    return new AtelierError('busy', undefined, { waiting: ownWaiting, retryAfterSeconds })
  }

  private next(): void {
    for (const [ownerId, tasks] of this.waiting) {
      if (this.running.has(ownerId)) continue
      const child = this.take()
      if (!child) return
      const task = tasks.shift()!
      this.waiting.delete(ownerId)
      if (tasks.length) this.waiting.set(ownerId, tasks)
      this.running.add(ownerId)
      void this.serve(ownerId, task, child)
    }
  }

  private async serve(ownerId: string, task: Waiting, child: WorkChild): Promise<void> {
    const began = performance.now()
    await task.start(child)
    this.meanMs += newest * (performance.now() - began - this.meanMs)
    this.running.delete(ownerId)
    if (child.alive) this.idle.push(child)
    // who comes next shall not wait until a process has started
    else if (!this.closed) this.idle.push(this.startChild())
    this.next()
  }

  private take(): WorkChild | undefined {
    for (let child = this.idle.pop(); child; child = this.idle.pop()) if (child.alive) return child
    return this.children.size < this.options.processes ? this.startChild() : undefined
  }

  private startChild(): WorkChild {
    const child = new WorkChild()
    this.children.add(child)
    void child.ended.then(() => this.children.delete(child))
    return child
  }
}
