import { setTimeout as sleep } from 'node:timers/promises'
import { AtelierError, type ProgressEvent } from '@atelier/contracts'
import type { GenerationRow, TurnRow } from '@atelier/database'
import type { OpenAiSettings } from '@atelier/service'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ApiContext } from '../api-context.js'
import { toAtelierError } from '../errors.js'
import { cancelGeneration } from '../generations/cancel-generations.js'
import { makeTurn, type TurnMaker } from './call-to-turn.js'
import { cancelledError, failureError, timeoutError, type DoorError } from './door-error.js'
import { CallerGoneError, followTurn, stoppingError } from './follow-turn.js'
import { ImageStream } from './image-stream.js'
import type { ImagesCall } from './images-call.js'
import type { ImagesAnswer } from './images-wire.js'
import { ImagePresenter } from './present-images.js'
import { identityOf, makeOnce, type ClaimedTurn } from './repeats.js'
import type { Waiting } from './waiting.js'

const seconds = (iso: string): number => Math.floor(Date.parse(iso) / 1000)

/** Answers calls for pictures: makes or finds their turn, waits for it, shows what came of it. */
export class ImagesDoor {
  private readonly open = new Set<AbortController>()
  private readonly context: ApiContext
  private readonly closing = new AbortController()

  constructor(
    private readonly maker: TurnMaker,
    private readonly settings: Pick<OpenAiSettings, 'cancelOnClose' | 'repeatSeconds'> & Waiting,
  ) {
    this.context = maker.context
  }

  /** Ends all calls that wait; a stream gets its last event. */
  close(): void {
    this.closing.abort()
    for (const waiting of this.open) waiting.abort(stoppingError())
  }

  /** Makes the turn of a call, or finds it. @throws DoorError, AtelierError */
  claim(request: FastifyRequest, call: ImagesCall): Promise<ClaimedTurn> {
    const { owner, log } = request
    return makeOnce(
      owner,
      identityOf(request, call.hash),
      async (use) => (await makeTurn(this.maker, owner, log, call, use)).turn.id,
      this.settings.repeatSeconds * 1000,
    )
  }

  /**
   * Waits for the turn of a call, and answers it.
   *
   * @throws DoorError, AtelierError unless a stream has begun
   */
  async answer(
    request: FastifyRequest,
    reply: FastifyReply,
    call: Pick<ImagesCall, 'options' | 'events'>,
    claimed: ClaimedTurn,
  ): Promise<ImagesAnswer | FastifyReply> {
    const { owner } = request
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
      if (reply.raw.statusCode === 200 && !waiting.signal.aborted) void this.arrived(request, claimed)
    })
    const presenter = new ImagePresenter(this.context, owner, call.options, `${request.protocol}://${request.host}`)
    try {
      return call.options.stream
        ? await this.stream(request, reply, call, claimed.turn, presenter, waiting.signal)
        : await this.whole(request, claimed.turn, presenter, waiting)
    } finally {
      stopWatching()
      this.open.delete(waiting)
      const left = waiting.signal.reason instanceof CallerGoneError
      void this.leave(request, claimed, { left, graceMs: call.options.stream ? 0 : this.settings.graceMs })
    }
  }

  private async whole(
    request: FastifyRequest,
    turn: TurnRow,
    presenter: ImagePresenter,
    waiting: AbortController,
  ): Promise<ImagesAnswer> {
    const first = turn.generations[0]!
    const { waitMs } = this.settings
    const timer = setTimeout(() => waiting.abort(timeoutError(first.id, waitMs / 1000)), waitMs)
    const done: GenerationRow[] = []
    let problem: DoorError | undefined
    const ended = (row: GenerationRow | null, index: number) => {
      if (row?.status === 'succeeded' && row.images.length) done[index] = row
      else problem ??= problemOf(row, turn.generations[index]!.id)
    }
    await followTurn(this.context, request.owner, turn, { ended }, waiting.signal).finally(() => clearTimeout(timer))
    const rows = done.filter((row) => row !== undefined)
    if (!rows.length) throw problem!
    const data = await Promise.all(rows.map((row) => presenter.picture(row)))
    return { created: seconds(turn.createdAt), data, ...presenter.made(rows[0]!), usage: await presenter.usage(rows) }
  }

  private async stream(
    request: FastifyRequest,
    reply: FastifyReply,
    { options, events }: Pick<ImagesCall, 'options' | 'events'>,
    turn: TurnRow,
    presenter: ImagePresenter,
    signal: AbortSignal,
  ): Promise<FastifyReply> {
    const stream = new ImageStream(reply)
    const common = { created_at: seconds(turn.createdAt) }
    const partials = turn.generations.map(() => new Partials(options.partial_images ?? 0))
    let problem: DoorError | undefined
    const show = async ({ preview }: ProgressEvent, index: number, number: number) => {
      const row = turn.generations[index]!
      const b64_json = await presenter.preview(preview!, row.parameters)
      if (partials[index]!.over) return
      const about = { ...presenter.made(row), ...common, output_index: index, partial_image_index: number }
      stream.event({ type: `${events}.partial_image`, b64_json, ...about })
    }
    try {
      await followTurn(
        this.context,
        request.owner,
        turn,
        {
          progress: (progress, index) => partials[index]!.take(progress, (number) => show(progress, index, number)),
          ended: async (row, index) => {
            await partials[index]!.end()
            if (row?.status !== 'succeeded' || !row.images.length) {
              problem ??= problemOf(row, turn.generations[index]!.id)
              return
            }
            const [{ b64_json = '', ...ours }, usage] = await Promise.all([
              presenter.picture(row),
              presenter.usage([row]),
            ])
            const about = { ...presenter.made(row), ...common, output_index: index, usage, ...ours }
            stream.event({ type: `${events}.completed`, b64_json, ...about })
          },
        },
        signal,
      )
      if (problem) stream.error(problem)
    } catch (error) {
      if (!(error instanceof CallerGoneError)) stream.error(error)
    } finally {
      stream.end()
    }
    return reply
  }

  private async arrived({ owner, log }: FastifyRequest, { turn, use }: ClaimedTurn): Promise<void> {
    const answer = { ...use, status: 200, body: null, resourceId: turn.id }
    await owner.idempotency
      .finish(answer)
      .catch((error: unknown) => log.warn({ err: error }, 'that an answer has arrived was not stored'))
  }

  /** Counts a caller off. Who went away may call again; if nobody waits then, nobody wants what it asked for. */
  private async leave(
    { owner, log }: FastifyRequest,
    { turn, use }: ClaimedTurn,
    { left, graceMs }: { left: boolean; graceMs: number },
  ): Promise<void> {
    try {
      const { signal } = this.closing
      if (left && graceMs) await sleep(graceMs, undefined, { ref: false, signal }).catch(() => {})
      if (signal.aborted || (await owner.idempotency.leave(use)) > 0 || !left || !this.settings.cancelOnClose) return
      for (const { id } of turn.generations) await this.cancel(owner, id)
    } catch (error) {
      log.warn({ err: error }, 'a call that nobody waits for any more was not cancelled')
    }
  }

  private async cancel(owner: FastifyRequest['owner'], id: string): Promise<void> {
    await cancelGeneration(this.context, owner, id).catch((error: unknown) => {
      if (!['not_cancellable', 'not_found'].includes(toAtelierError(error).code)) throw error
    })
  }
}

function problemOf(row: GenerationRow | null, id: string): DoorError {
  return row?.status === 'failed' && row.error ? failureError(row.error, id) : cancelledError(id)
}

/** Chooses the previews of one generation that are shown: the first of each of `most + 1` parts of its steps. */
class Partials {
  private taken = 0
  private showing = Promise.resolve()
  private number = 0
  over = false

  constructor(private readonly most: number) {}

  take({ preview, step, steps }: ProgressEvent, show: (number: number) => Promise<void>): void {
    if (!preview || this.over || this.taken >= this.most || step >= steps) return
    if (step < (this.taken * steps) / (this.most + 1)) return
    this.taken += 1
    // one after another; what cannot be shown is left out
    this.showing = this.showing
      .then(() => show(this.number))
      .then(
        () => void (this.number += 1),
        () => {},
      )
  }

  /** Nothing is shown any more. */
  async end(): Promise<void> {
    await this.showing
    this.over = true
  }
}
