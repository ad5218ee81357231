import { setTimeout as sleep } from 'node:timers/promises'
import type { CreateTurnInput, CreateTurnResponse } from '@atelier/contracts'
import type { Random } from '../random.js'
import type { ClientLog, Hearing } from './client-log.js'
import { listenBySocket, listenByStream, type Listener } from './listen.js'
import { RestClient } from './rest.js'

/** What owners ask for. Shares are between 0 and 1. */
export interface Load {
  /** Owners, each with sessions of its own. */
  owners: number
  sessions: number
  /** Most generations of all owners that wait or run at once. */
  outstanding: number
  /** Share of generations that take `longSteps` steps instead of 4. */
  long: number
  longSteps: number
  /** Share of turns that are cancelled, and how long after they were asked for, at most, in milliseconds. */
  cancelled: number
  cancelWithinMs: number
  /** Share of turns that are sent again with the same key, and how often at once. */
  repeated: number
  repeats: number
  /** Share of turns that go on from the session's last picture. */
  edits: number
  /** Share of turns after which somebody else's session and generation are asked for. */
  nosy: number
}

/** The load of most scenarios. */
export const usualLoad: Load = {
  owners: 4,
  sessions: 4,
  outstanding: 24,
  long: 0.1,
  longSteps: 150,
  cancelled: 0.05,
  cancelWithinMs: 1_500,
  repeated: 0.05,
  repeats: 2,
  edits: 0.15,
  nosy: 0.02,
}

const subjects = ['a red circle', 'a small yellow star', 'two orange triangles', 'a green square', 'a purple moon']
const places = ['on a blue background', 'under a purple moon', 'above a green square', 'at night']

/** An owner with a key of its own, some sessions, and a client that hears each of them. */
export class DrivenOwner {
  readonly sessions: string[] = []
  private readonly rest: RestClient
  private readonly listeners: Listener[] = []
  /** Generations that this owner knows of; another one asks for them. */
  readonly generations: string[] = []
  private created = 0

  constructor(
    private readonly options: {
      ownerId: string
      token: string
      urls: readonly string[]
      log: ClientLog
      load: Load
      random: Random
    },
  ) {
    const { urls, token, log, random } = options
    this.rest = new RestClient(urls, token, log, random.fork('balancer'))
  }

  get ownerId(): string {
    return this.options.ownerId
  }

  get token(): string {
    return this.options.token
  }

  /** Makes the sessions and begins to hear them. */
  async open(): Promise<void> {
    const { ownerId, urls, token, log, load } = this.options
    for (let index = 0; index < load.sessions; index++) {
      const answer = await this.rest.call({ method: 'POST', path: '/v1/sessions', body: {}, key: this.newKey() })
      if (answer?.status !== 201) throw new Error(`A session was refused: ${JSON.stringify(answer)}`)
      const sessionId = answer.body.id as string
      this.sessions.push(sessionId)
      const hearing: Hearing = { ownerId, sessionId, how: index % 2 ? 'sse' : 'socket', events: [], reconnects: 0 }
      log.hearings.push(hearing)
      this.listeners.push((index % 2 ? listenByStream : listenBySocket)({ urls, token, hearing }))
    }
  }

  /**
   * Asks for one turn until it is acknowledged, then perhaps repeats, cancels or spies.
   *
   * @returns the generations, none when it was given up
   */
  async turn(others: readonly DrivenOwner[]): Promise<string[]> {
    const { log, load, random } = this.options
    const sessionId = random.pick(this.sessions)
    const key = this.newKey()
    const [cancels, repeats, spies] = [load.cancelled, load.repeated, load.nosy].map((share) => random.chance(share))
    const cancelAfterMs = random.between(0, load.cancelWithinMs)
    const call = {
      method: 'POST',
      path: `/v1/sessions/${sessionId}/turns`,
      body: this.newTurn(),
      key,
    } as const
    const answers = await Promise.all(Array.from({ length: repeats ? load.repeats : 1 }, () => this.rest.call(call)))
    for (const answer of answers) {
      if (answer === undefined) continue
      if (answer.status !== 202) throw new Error(`A turn was refused: ${JSON.stringify(answer)}`)
      log.made.push({ key, turnId: (answer.body as CreateTurnResponse).turn.id })
    }
    const made = answers.find((answer) => answer)?.body as CreateTurnResponse | undefined
    if (!made) return []
    const generationIds = made.generations.map(({ id }) => id)
    log.acknowledged.push({ ownerId: this.ownerId, sessionId, key, turnId: made.turn.id, generationIds })
    log.acceptedAt.push(Date.now())
    this.generations.push(...generationIds)
    if (cancels) void this.cancel(generationIds[0]!, cancelAfterMs)
    if (spies) await this.spy(random.pick(others.filter((other) => other !== this)))
    return generationIds
  }

  /** Stops hearing. */
  close(): void {
    for (const listener of this.listeners) listener.close()
  }

  private newTurn(): CreateTurnInput {
    const { load, random } = this.options
    const long = random.chance(load.long)
    const edits = random.chance(load.edits)
    return {
      instruction: `${random.pick(subjects)} ${random.pick(places)}`,
      ...(!edits && { images: [], parentTurnId: null }),
      history: { mode: edits ? 'lineage' : 'none', limit: 1 },
      parameters: {
        steps: long ? load.longSteps : 4,
        seed: random.between(0, 1e9),
        count: random.chance(0.03) ? 2 : 1,
      },
    }
  }

  private async cancel(generationId: string, afterMs: number): Promise<void> {
    await sleep(afterMs)
    const askedAt = Date.now()
    const answer = await this.rest.call({ method: 'POST', path: `/v1/generations/${generationId}/cancel` })
    if (answer?.status === 200) this.options.log.cancelled.push({ generationId, askedAt, answeredAt: Date.now() })
  }

  private async spy(other: DrivenOwner | undefined): Promise<void> {
    const { log, random } = this.options
    if (!other?.generations.length) return
    const paths = [`/v1/generations/${random.pick(other.generations)}`, `/v1/sessions/${random.pick(other.sessions)}`]
    for (const path of paths) {
      const answer = await this.rest.call({ path })
      if (answer) log.foreignReads.push({ path, status: answer.status })
    }
  }

  private newKey(): string {
    this.created += 1
    return `${this.ownerId}-${this.created}`
  }
}
