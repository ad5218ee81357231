import { setTimeout as sleep } from 'node:timers/promises'
import { AtelierError } from '@atelier/contracts'
import type { IdempotencyUse, OwnerRepositories } from '@atelier/database'
import type { OpenAiSettings } from '@atelier/service'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ApiContext } from '../api-context.js'
import { toAtelierError } from '../errors.js'
import { cancelGeneration } from '../generations/cancel-generations.js'
import { CallerGoneError, stoppingError } from '../turns/follow-turn.js'
import { identityOf, makeOnce, type ClaimedTurn } from './repeats.js'
import type { Waiting } from './waiting.js'

/** What becomes of what a call has begun when it goes away. */
export interface Counted {
  claimed: ClaimedTurn
  /** How long somebody may take to call again, in milliseconds; undefined: nothing is cancelled. */
  graceMs: number | undefined
}

const nameOf = ({ route, key }: IdempotencyUse): string => `${route} ${key}`

/** Holds calls that wait for the model, and tells what happens when they go away. */
export class CallWaiter {
  private readonly open = new Set<AbortController>()
  private readonly closing = new AbortController()
  /** Answers of which it is being written down that they have arrived, by the keys of their calls. */
  private readonly arriving = new Map<string, Promise<void>>()

  constructor(
    private readonly context: Pick<ApiContext, 'authenticator' | 'serializer' | 'queue' | 'logger'>,
    private readonly settings: Pick<OpenAiSettings, 'cancelOnClose' | 'repeatSeconds'> & Waiting,
  ) {}

  /** Ends all calls that wait. */
  close(): void {
    this.closing.abort()
    for (const waiting of this.open) waiting.abort(stoppingError())
  }

  /** The turn of a call: made, or found if the call has come before. @param make - makes it and returns its id */
  async claim(
    request: FastifyRequest,
    reply: FastifyReply,
    hash: string,
    make: Parameters<typeof makeOnce>[2],
  ): Promise<ClaimedTurn> {
    const identity = identityOf(request, reply, hash)
    // whoever has an answer may want the same again at once
    await this.arriving.get(nameOf(identity))
    return makeOnce(request.owner, identity, make, this.settings.repeatSeconds * 1000)
  }

  /**
   * Does the work of a call that waits.
   *
   * @param work - ends with the reason of its signal when that is aborted: {@link CallerGoneError}, the end of the key, or of
   *   this process
   * @param counted - left out: the call only looks on
   */
  async during<T>(
    request: FastifyRequest,
    reply: FastifyReply,
    work: (waiting: AbortController) => Promise<T>,
    counted?: Counted,
  ): Promise<T> {
    const waiting = new AbortController()
    this.open.add(waiting)
    const gone = () => {
      if (!reply.raw.writableFinished) waiting.abort(new CallerGoneError())
    }
    const stopWatching = this.context.authenticator.watch(request.identity, () =>
      waiting.abort(new AtelierError('unauthorized')),
    )
    reply.raw.once('close', gone)
    if (reply.raw.destroyed) gone()
    if (this.closing.signal.aborted) waiting.abort(stoppingError())
    // an answer counts as arrived when its last byte is on its way
    reply.raw.once('finish', () => {
      if (counted && reply.raw.statusCode === 200 && !waiting.signal.aborted) void this.arrived(request, counted)
    })
    try {
      return await work(waiting)
    } finally {
      stopWatching()
      this.open.delete(waiting)
      if (counted) void this.leave(request, counted, waiting.signal.reason instanceof CallerGoneError)
    }
  }

  /** Cancels what of a turn has not ended. */
  async cancel(owner: OwnerRepositories, { generations }: { generations: readonly { id: string }[] }): Promise<void> {
    for (const { id } of generations) {
      await cancelGeneration(this.context, owner, id).catch((error: unknown) => {
        if (!['not_cancellable', 'not_found'].includes(toAtelierError(error).code)) throw error
      })
    }
  }

  private async arrived({ owner, log }: FastifyRequest, { claimed: { turn, use } }: Counted): Promise<void> {
    const [name, answer] = [nameOf(use), { ...use, status: 200, body: null, resourceId: turn.id }]
    const stored = owner.idempotency
      .finish(answer)
      .catch((error: unknown) => log.warn({ err: error }, 'that an answer has arrived was not stored'))
    this.arriving.set(name, stored)
    await stored
    if (this.arriving.get(name) === stored) this.arriving.delete(name)
  }

  /** Counts a caller off. Who went away may call again; if nobody waits then, nobody wants what it asked for. */
  private async leave({ owner, log }: FastifyRequest, { claimed: { turn }, graceMs }: Counted, left: boolean) {
    const cancels = left && this.settings.cancelOnClose && graceMs !== undefined
    const { signal } = this.closing
    try {
      if (cancels && graceMs) await sleep(graceMs, undefined, { ref: false, signal }).catch(() => {})
      if (signal.aborted) return
      if ((await owner.idempotency.leave(turn.id)) === 0 && cancels) await this.cancel(owner, turn)
    } catch (error) {
      log.warn({ err: error }, 'a call that nobody waits for any more was not cancelled')
    }
  }
}
