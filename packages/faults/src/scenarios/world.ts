import { setTimeout as sleep } from 'node:timers/promises'
import type { Violation } from '../check/invariants.js'
import type { Drive } from '../drive/drive.js'
import type { Random } from '../random.js'
import type { ManagedProcess } from '../stack/managed-process.js'
import type { Sample } from '../stack/sampler.js'
import type { Stack } from '../stack/stack.js'

/** Generations that end between two faults, and how long they are waited for, in milliseconds. */
const progress = 6
const patienceMs = 20_000

/** A fault that happened. Times are milliseconds since 1970. */
export interface Fault {
  /** Such as `SIGKILL worker-2`. */
  what: string
  at: number
  /** When the part was whole again; undefined for a fault that lasts no time. */
  until?: number
  /** Generations that it tore from their worker, with the attempt that was lost. */
  torn: { generationId: string; attempt: number }[]
}

/** A generation that runs, and where. */
interface Running {
  generationId: string
  attempt: number
  worker: ManagedProcess
}

/** What a scenario breaks, and the dice it throws. */
export class World {
  readonly faults: Fault[] = []
  readonly samples: Sample[] = []
  /** What a scenario itself has found wrong. */
  readonly violations: Violation[] = []

  constructor(
    readonly stack: Stack,
    readonly drive: Drive,
    readonly random: Random,
    /** Aborts when enough has been generated and broken. */
    readonly signal: AbortSignal,
    readonly say: (line: string) => void,
    /** How long a timed scenario lasts. */
    readonly minutes: number,
  ) {}

  /** Waits for a random time; returns early when the scenario is to end. @returns whether it goes on */
  async pause(leastMs: number, mostMs = leastMs): Promise<boolean> {
    await sleep(this.random.between(leastMs, mostMs), undefined, { signal: this.signal }).catch(() => {})
    return !this.signal.aborted
  }

  /** Waits until something is so, at most for a while; goes on when the scenario is to end. */
  async until(holds: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
    for (const end = performance.now() + withinMs; !(await holds()) && performance.now() < end;) await sleep(50)
  }

  /**
   * Does something again and again until the scenario is to end: after a random pause, and not before a few generations have
   * ended since the last time, so that a slow machine is not kept from ending any.
   */
  async every(leastMs: number, mostMs: number, work: () => Promise<unknown>): Promise<void> {
    while (await this.pause(leastMs, mostMs)) {
      await work()
      const [ended, until] = [this.drive.ended + progress, performance.now() + patienceMs]
      while (this.drive.ended < ended && performance.now() < until && !this.signal.aborted) await sleep(50)
    }
  }

  /**
   * Notes a fault.
   *
   * @param work - breaks and mends; when left out the fault lasts no time
   * @param torn - generations whose worker it takes away
   */
  async fault(what: string, work?: () => Promise<unknown>, torn: Fault['torn'] = []): Promise<void> {
    const fault: Fault = { what, at: Date.now(), torn }
    this.say(what)
    await work?.()
    if (work) fault.until = Date.now()
    // noted when it is whole again, so that the scenario does not end in the middle
    this.faults.push(fault)
  }

  /** Generations that run now and the processes they run in; none while Postgres is away. */
  async running(): Promise<Running[]> {
    const rows = await this.stack.postgres
      .query<{ generationId: string; attempt: number; pid: number }>(
        `SELECT g.id AS "generationId", g.attempt, w.pid FROM generations g JOIN workers w ON w.id = g.worker_id
         WHERE g.status = 'running' ORDER BY g.id`,
      )
      .catch(() => [])
    return rows.flatMap(({ pid, ...generation }) => {
      const worker = this.stack.workers.find((process) => process.pid === pid)
      return worker ? [{ ...generation, worker }] : []
    })
  }

  /**
   * A worker in the middle of a generation, if there is one within two seconds; otherwise any that runs.
   *
   * @returns with what is torn from its worker if it dies now
   */
  async busyWorker(): Promise<{ worker: ManagedProcess; torn: Fault['torn'] }> {
    for (let look = 0; look < 40 && !this.signal.aborted; look++) {
      const running = await this.running()
      if (running.length > 0) {
        const { worker, ...generation } = this.random.pick(running)
        return { worker, torn: [generation] }
      }
      await sleep(50)
    }
    return { worker: this.random.pick(this.stack.workers), torn: [] }
  }
}
