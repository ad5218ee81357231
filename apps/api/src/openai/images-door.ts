import type { GenerationRow, TurnRow } from '@atelier/database'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CallWaiter } from './call-waiter.js'
import { makeTurn, type TurnMaker } from './call-to-turn.js'
import { problemOf, timeoutError, type DoorError } from './door-error.js'
import { CallerGoneError, followTurn } from '../turns/follow-turn.js'
import { ImageStream } from './image-stream.js'
import type { ImagesCall } from './images-call.js'
import type { ImageEvent, ImagesAnswer } from './images-wire.js'
import { Partials } from './partials.js'
import { ImagePresenter } from './present-images.js'
import type { ClaimedTurn } from './repeats.js'

const seconds = (iso: string): number => Math.floor(Date.parse(iso) / 1000)

/** What of a call matters once its turn is made. */
type Asked = Pick<ImagesCall, 'options' | 'events'>

/** Answers calls for pictures: makes or finds their turn, waits for it, shows what came of it. */
export class ImagesDoor {
  constructor(
    private readonly maker: TurnMaker,
    private readonly waiter: CallWaiter,
    private readonly settings: { waitMs: number; graceMs: number },
  ) {}

  /** Makes the turn of a call, or finds it. @throws DoorError, AtelierError */
  claim(request: FastifyRequest, reply: FastifyReply, call: ImagesCall): Promise<ClaimedTurn> {
    return this.waiter.claim(
      request,
      reply,
      call.hash,
      async (use) => (await makeTurn(this.maker, request.owner, request.log, call, use)).turn.id,
    )
  }

  /**
   * Waits for the turn of a call, and answers it. Who reads a stream does not call again, so its end is a cancel at once.
   *
   * @throws DoorError, AtelierError unless a stream has begun
   */
  answer(
    request: FastifyRequest,
    reply: FastifyReply,
    call: Asked,
    claimed: ClaimedTurn,
  ): Promise<ImagesAnswer | FastifyReply> {
    const origin = `${request.protocol}://${request.host}`
    const presenter = new ImagePresenter(this.maker.context, request.owner, call.options, origin)
    return this.waiter.during<ImagesAnswer | FastifyReply>(
      request,
      reply,
      (waiting) =>
        call.options.stream
          ? this.stream(request, reply, call, claimed.turn, presenter, waiting.signal)
          : this.whole(request, claimed.turn, presenter, waiting),
      { claimed, graceMs: call.options.stream ? 0 : this.settings.graceMs },
    )
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
      problem ??= problemOf(row, turn.generations[index]!.id)
      if (row?.images.length) done[index] = row
    }
    const { context } = this.maker
    await followTurn(context, request.owner, turn, { ended }, waiting.signal).finally(() => clearTimeout(timer))
    const rows = done.filter((row) => row !== undefined)
    if (!rows.length) throw problem!
    const data = await Promise.all(rows.map((row) => presenter.picture(row)))
    return { created: seconds(turn.createdAt), data, ...presenter.made(rows[0]!), usage: await presenter.usage(rows) }
  }

  private async stream(
    request: FastifyRequest,
    reply: FastifyReply,
    { options, events }: Asked,
    turn: TurnRow,
    presenter: ImagePresenter,
    signal: AbortSignal,
  ): Promise<FastifyReply> {
    const stream = new ImageStream<ImageEvent>(reply)
    const partials = turn.generations.map(() => new Partials(options.partial_images ?? 0))
    const of = (row: GenerationRow, index: number) => ({
      ...presenter.made(row),
      created_at: seconds(turn.createdAt),
      output_index: index,
    })
    let problem: DoorError | undefined
    try {
      await followTurn(
        this.maker.context,
        request.owner,
        turn,
        {
          progress: (progress, index) =>
            partials[index]!.take(progress, async (preview, number) => {
              const row = turn.generations[index]!
              const b64_json = await presenter.preview(preview, row.parameters)
              const more = { b64_json, partial_image_index: number }
              stream.event({ type: `${events}.partial_image`, ...of(row, index), ...more })
            }),
          ended: async (row, index) => {
            await partials[index]!.end()
            problem ??= problemOf(row, turn.generations[index]!.id)
            if (!row?.images.length) return
            const [{ b64_json = '', ...ours }, usage] = await Promise.all([
              presenter.picture(row),
              presenter.usage([row]),
            ])
            stream.event({ type: `${events}.completed`, b64_json, ...of(row, index), usage, ...ours })
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
}
