import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../random.js'
import type { Stack } from '../stack/stack.js'
import { ClientLog } from './client-log.js'
import { DrivenOwner, type Load } from './owner.js'

/** How often the database is asked what has ended, in milliseconds. */
const lookMs = 250
/** After so long without any progress, in milliseconds, what has not ended never will. */
const stuckMs = 120_000

/** Owners that keep a stack busy. */
export class Drive {
  readonly log = new ClientLog()
  readonly owners: DrivenOwner[] = []
  /** Generations that are known to have ended. */
  ended = 0
  private stopped = false

  private constructor(
    private readonly stack: Stack,
    private readonly load: Load,
    private readonly random: Random,
  ) {}

  /** Makes owners with keys and sessions, and begins to hear them. */
  static async open(stack: Stack, load: Load, random: Random): Promise<Drive> {
    const drive = new Drive(stack, load, random)
    for (let index = 0; index < load.owners; index++) {
      const name = `owner-${index + 1}`
      const owner = new DrivenOwner({
        ...(await stack.newOwner(name)),
        urls: stack.urls,
        log: drive.log,
        load,
        random: random.fork(name),
      })
      await owner.open()
      drive.owners.push(owner)
    }
    return drive
  }

  get ownerIds(): string[] {
    return this.owners.map(({ ownerId }) => ownerId)
  }

  /** Generations that were acknowledged. */
  get asked(): number {
    return this.log.acknowledged.reduce((sum, { generationIds }) => sum + generationIds.length, 0)
  }

  /**
   * Asks for turns until there are as many generations and something else is done, too.
   *
   * @param jobs - how many generations at least
   * @param alsoDone - for example: enough faults have happened
   */
  async run(jobs: number, alsoDone: () => boolean): Promise<void> {
    const looking = this.look()
    const done = () => this.stopped || (this.asked >= jobs && alsoDone())
    const work = async () => {
      while (!done()) {
        if (this.asked - this.ended >= this.load.outstanding) await sleep(20)
        else await this.random.pick(this.owners).turn(this.owners)
      }
    }
    try {
      await Promise.all(Array.from({ length: 6 }, work))
    } finally {
      this.stopped = true
      await looking
    }
  }

  /**
   * Waits until every generation has ended, the queue is empty and every event was heard. What does not come although nothing
   * else has come for minutes is left for the checker to find.
   */
  async quiet(): Promise<void> {
    let left = Infinity
    for (let since = performance.now(); performance.now() - since < stuckMs; await sleep(lookMs)) {
      const now = await this.left().catch(() => Infinity)
      if (now === 0) return
      if (now < left) [left, since] = [now, performance.now()]
    }
  }

  /** Stops hearing. */
  close(): void {
    this.stopped = true
    for (const owner of this.owners) owner.close()
  }

  /** How many generations have not ended, jobs are in the queue, and events were not heard. */
  private async left(): Promise<number> {
    const [row] = await this.stack.postgres.query<{ open: number }>(
      `SELECT count(*)::int AS open FROM generations WHERE owner_id = ANY($1) AND status IN ('queued', 'running')`,
      [this.ownerIds],
    )
    const { waiting, active, delayed } = await this.stack.queue.counts()
    const rows = await this.stack.postgres.query<{ id: string; lastSeq: number }>(
      `SELECT id, last_seq AS "lastSeq" FROM sessions WHERE owner_id = ANY($1)`,
      [this.ownerIds],
    )
    const last = new Map(rows.map(({ id, lastSeq }) => [id, lastSeq]))
    const unheard = this.log.hearings.map(({ sessionId, events }) =>
      Math.max(0, (last.get(sessionId) ?? 0) - (events.at(-1)?.seq ?? 0)),
    )
    return row!.open + waiting + active + delayed + unheard.reduce((sum, count) => sum + count, 0)
  }

  private async look(): Promise<void> {
    while (!this.stopped) {
      try {
        const [row] = await this.stack.postgres.query<{ ended: number }>(
          `SELECT count(*)::int AS ended FROM generations WHERE owner_id = ANY($1) AND finished_at IS NOT NULL`,
          [this.ownerIds],
        )
        this.ended = row!.ended
      } catch {
        // Postgres is away
      }
      await sleep(lookMs)
    }
  }
}
