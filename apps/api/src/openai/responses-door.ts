import { AtelierError } from '@atelier/contracts'
import type { GenerationRow, TurnRow } from '@atelier/database'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { deleteOwned } from '../delete-owned.js'
import { orNotFound } from '../or-not-found.js'
import { makeTurn, type TurnMaker } from './call-to-turn.js'
import type { CallWaiter, Counted } from './call-waiter.js'
import { problemOf, timeoutError, toDoorError } from './door-error.js'
import { CallerGoneError, followTurn } from '../turns/follow-turn.js'
import { ImageStream } from './image-stream.js'
import { Partials } from './partials.js'
import { ImagePresenter } from './present-images.js'
import { ResponsePresenter, type Asked } from './present-response.js'
import type { ClaimedTurn } from './repeats.js'
import { ourId, readResponse, responseError, theirId } from './responses-call.js'
import { eventNumbers, mostPartials, type ResponseAnswer, type ResponseEvent } from './responses-wire.js'

/** How long a cancel waits for the model to have stopped, in milliseconds. */
const stopMs = 5000

/** What is asked of a response that is read again: nobody knows any more. */
const nothingAsked: Asked = { options: {}, background: false, metadata: {}, partials: mostPartials }

/** A call whose turn is made. */
interface Claimed {
  claimed: ClaimedTurn
  asked: Asked
  stream: boolean
}

/** Answers calls for responses: a response is a turn, and what it follows is that turn's parent. */
export class ResponsesDoor {
  constructor(
    private readonly maker: TurnMaker,
    private readonly waiter: CallWaiter,
    private readonly settings: { waitMs: number; graceMs: number },
  ) {}

  /** Reads a call, and makes its turn or finds it. @throws DoorError, ZodError, AtelierError */
  async claim(
    request: FastifyRequest,
    reply: FastifyReply,
    place: Parameters<typeof readResponse>[1],
  ): Promise<Claimed> {
    try {
      const { request: asks, tool, call } = readResponse(request.body, place)
      const { stream = false, background = false, metadata = {} } = asks
      const claimed = await this.waiter.claim(
        request,
        reply,
        call.hash,
        async (use) => (await makeTurn(this.maker, request.owner, request.log, call, use)).turn.id,
      )
      const asked = { options: call.options, background, metadata, partials: tool.partial_images ?? 0 }
      return { claimed, asked, stream }
    } catch (error) {
      throw responseError(error)
    }
  }

  /** Answers a call as it asks: at once, at its end, or by a stream. @throws DoorError, AtelierError */
  answer(
    request: FastifyRequest,
    reply: FastifyReply,
    { claimed, asked, stream }: Claimed,
  ): Promise<ResponseAnswer | FastifyReply> {
    const { turn } = claimed
    const counted: Counted = { claimed, graceMs: asked.background ? undefined : this.settings.graceMs }
    return this.waiter.during<ResponseAnswer | FastifyReply>(
      request,
      reply,
      (waiting) => {
        if (stream) return this.stream(request, reply, turn, asked, -1, waiting.signal)
        return asked.background
          ? this.presenter(request, asked).shown(turn, turn.generations[0]!)
          : this.whole(request, turn, asked, waiting)
      },
      counted,
    )
  }

  /** A response as it is now. @throws AtelierError `not_found` */
  async get(request: FastifyRequest, id: string): Promise<ResponseAnswer> {
    const turn = await this.turnOf(request, id)
    return this.presenter(request, nothingAsked).shown(turn, turn.generations[0]!)
  }

  /** The events of a response after one of them, until it ends. @throws AtelierError `not_found` */
  async resume(request: FastifyRequest, reply: FastifyReply, id: string, after: number): Promise<FastifyReply> {
    const { idempotency } = request.owner
    const turn = await this.turnOf(request, id)
    // whoever reads on waits for it, so that the end of the first connection cancels nothing
    await idempotency.join(turn.id)
    try {
      return await this.waiter.during(request, reply, ({ signal }) =>
        this.stream(request, reply, turn, nothingAsked, after, signal),
      )
    } finally {
      await idempotency
        .leave(turn.id)
        .catch((error: unknown) => request.log.warn({ err: error }, 'a reader still counts'))
    }
  }

  /** Cancels a response that has not ended. @throws AtelierError `not_found` */
  async cancel(request: FastifyRequest, id: string): Promise<ResponseAnswer> {
    const turn = await this.turnOf(request, id)
    await this.waiter.cancel(request.owner, turn)
    const stopped = followTurn(
      this.maker.context,
      request.owner,
      turn,
      { ended: () => {} },
      AbortSignal.timeout(stopMs),
    )
    await stopped.catch((error: unknown) => {
      if (error instanceof AtelierError) throw error
    })
    return this.get(request, id)
  }

  /** Deletes a response that no other follows. @throws AtelierError `not_found`, `in_use` */
  async delete(request: FastifyRequest, id: string): Promise<{ id: string; object: 'response'; deleted: true }> {
    const turn = await this.turnOf(request, id)
    await deleteOwned(this.maker.context, request.owner.turns.delete(turn.id))
    return { id, object: 'response', deleted: true }
  }

  private async turnOf({ owner }: FastifyRequest, id: string): Promise<TurnRow> {
    const turnId = ourId('resp', id)
    return orNotFound(turnId === undefined ? null : await owner.turns.getCreated(turnId))
  }

  private presenter({ owner }: FastifyRequest, asked: Asked): ResponsePresenter {
    return new ResponsePresenter(new ImagePresenter(this.maker.context, owner, asked.options, ''), asked)
  }

  /** Waits for the end of a turn. */
  private async ended(
    request: FastifyRequest,
    turn: TurnRow,
    signal: AbortSignal,
    progress: Parameters<typeof followTurn>[3]['progress'] = () => {},
  ): Promise<GenerationRow> {
    const rows: (GenerationRow | null)[] = []
    const ended = (row: GenerationRow | null, index: number) => {
      rows[index] = row
    }
    await followTurn(this.maker.context, request.owner, turn, { progress, ended }, signal)
    return orNotFound(rows[0] ?? null)
  }

  private async whole(
    request: FastifyRequest,
    turn: TurnRow,
    asked: Asked,
    waiting: AbortController,
  ): Promise<ResponseAnswer> {
    const { waitMs } = this.settings
    const late = () => waiting.abort(timeoutError(turn.generations[0]!.id, waitMs / 1000))
    const timer = setTimeout(late, waitMs)
    const row = await this.ended(request, turn, waiting.signal).finally(() => clearTimeout(timer))
    return this.presenter(request, asked).shown(turn, row)
  }

  private async stream(
    request: FastifyRequest,
    reply: FastifyReply,
    turn: TurnRow,
    asked: Asked,
    after: number,
    signal: AbortSignal,
  ): Promise<FastifyReply> {
    const presenter = this.presenter(request, asked)
    const first = turn.generations[0]!
    const stream = new ImageStream<ResponseEvent>(reply)
    const send = (type: ResponseEvent['type'], fields: object, past = 0) => {
      const number = eventNumbers[type] + past
      if (number > after) stream.event({ type, sequence_number: number, ...fields })
    }
    const partials = new Partials(asked.partials)
    const at = { output_index: 0, item_id: theirId(first.id) }
    try {
      const begun = { ...first, status: 'running' as const, finishedAt: null, images: [] }
      const response = await presenter.shown(turn, begun, [])
      send('response.created', { response })
      send('response.in_progress', { response })
      const item = presenter.item(turn, first, 'in_progress')
      send('response.output_item.added', { output_index: 0, item })
      send('response.image_generation_call.in_progress', at)
      send('response.image_generation_call.generating', at)
      const row = await this.ended(request, turn, signal, (progress, index) => {
        if (index === 0)
          partials.take(progress, async (preview, number) => {
            const b64 = await presenter.images.preview(preview, first.parameters)
            const more = { partial_image_index: number, partial_image_b64: b64, ...presenter.images.made(first) }
            send('response.image_generation_call.partial_image', { ...at, ...more }, number)
          })
      })
      await partials.end()
      if (problemOf(row, row.id)) {
        send('response.failed', { response: await presenter.shown(turn, row, []) })
      } else {
        send('response.image_generation_call.completed', at)
        const done = await presenter.finished(turn, row)
        send('response.output_item.done', { output_index: 0, item: done })
        send('response.completed', { response: await presenter.shown(turn, row, [done]) })
      }
    } catch (error) {
      const { code, message, param } = toDoorError(error).answer.error
      const told = { type: 'error', sequence_number: eventNumbers.error, code, message, param }
      if (!(error instanceof CallerGoneError)) stream.error(error, told)
    } finally {
      stream.end()
    }
    return reply
  }
}
