import type {
  CreateTurnInput,
  CreateTurnResponse,
  DryRunTurnInput,
  Generation,
  GenerationSummary,
  Page,
  ProgressEvent,
  Turn,
  TurnInTree,
  TurnOutlook,
} from './wire-types.js'
import type { CallOptions, CreateOptions } from './atelier-options.js'
import type { GenerationsApi } from './generations-api.js'
import type { HttpClient } from './http-client.js'
import { pause } from './pause.js'
import type { SessionEvents } from './session-events.js'
import { waitForGeneration } from './wait-for-generation.js'

/** How long an aborted run waits for its cancellation to be accepted, in milliseconds. */
const longestCancelMs = 5_000

/** Requests in a conversation. */
export class TurnsApi {
  /** @param events - opens the live events of a session */
  constructor(
    private readonly http: HttpClient,
    private readonly runs: GenerationsApi,
    private readonly events: (sessionId: string) => SessionEvents,
  ) {}

  /** Asks for a picture or a change. Returns at once; its generations are queued. */
  create(sessionId: string, turn: CreateTurnInput, options: CreateOptions = {}): Promise<CreateTurnResponse> {
    return this.http.create(`/v1/sessions/${encodeURIComponent(sessionId)}/turns`, turn, options)
  }

  /**
   * Asks for a picture or a change and waits until all its generations have ended, however they ended: look at their
   * `status` and `error`. While it waits the server may be away for up to five minutes; after a longer outage the same call
   * with the same `idempotencyKey` goes on with the same turn.
   *
   * @param signal - stops the wait and cancels what has not ended
   * @param onProgress - called for each finished step, some with a preview
   * @throws the signal's reason; AtelierApiError when the turn is refused; AtelierConnectionError
   */
  async run(
    sessionId: string,
    turn: CreateTurnInput,
    options: CreateOptions & { onProgress?: (progress: ProgressEvent) => void } = {},
  ): Promise<{ turn: Turn; generations: Generation[] }> {
    const { signal, onProgress, ...rest } = options
    signal?.throwIfAborted()
    // not stopped by the signal: what has been created by then must be known, to be cancelled
    const creating = this.create(sessionId, turn, rest)
    const events = this.events(sessionId)
    const lent = { on: events.on.bind(events), close: () => {} } as Pick<SessionEvents, 'on' | 'close'>
    const finish = async () => {
      const created = await creating
      const generations = created.generations.map((generation) =>
        waitForGeneration(
          generation,
          () => this.runs.get(generation.id, signal && { signal }),
          () => lent,
          { ...(signal && { signal }), ...(onProgress && { onProgress }) },
        ),
      )
      return { turn: created.turn, generations: await Promise.all(generations) }
    }
    let stop = () => {}
    const stopped = new Promise<never>((_resolve, reject) => {
      stop = () => reject(signal!.reason as Error)
      signal?.addEventListener('abort', stop, { once: true })
    })
    try {
      return await Promise.race([finish(), stopped])
    } catch (error) {
      if (signal?.aborted) await Promise.race([this.cancelAll(creating), pause(longestCancelMs)])
      throw error
    } finally {
      signal?.removeEventListener('abort', stop)
      events.close()
    }
  }

  private async cancelAll(creating: Promise<CreateTurnResponse>): Promise<void> {
    const { generations } = await creating.catch(() => ({ generations: [] }))
    await Promise.allSettled(generations.map(({ id }) => this.runs.cancel(id)))
  }

  /**
   * What would become of a turn if it were created now: what it would edit and follow, what the model would see, and how
   * long its texts are for the model. Creates nothing.
   *
   * @param turn - `sessionId` left out: in a new session; the instruction may be empty
   */
  dryRun(turn: DryRunTurnInput, { signal }: CallOptions = {}): Promise<TurnOutlook> {
    return this.http.json({ method: 'POST', path: '/v1/turns/dry-run', body: turn, signal })
  }

  /** One turn with its newest generations and its place in the tree. */
  get(id: string, { signal }: CallOptions = {}): Promise<TurnInTree> {
    return this.http.json({ method: 'GET', path: `/v1/turns/${encodeURIComponent(id)}`, signal })
  }

  /**
   * One page of the turns with the same parent, the turn itself among them, oldest first.
   *
   * @param from - begin at this position (`siblingIndex`), default 0, the oldest
   */
  siblings(
    id: string,
    { signal, ...query }: CallOptions & { from?: number; limit?: number; cursor?: string } = {},
  ): Promise<Page<TurnInTree>> {
    return this.http.json({ method: 'GET', path: `/v1/turns/${encodeURIComponent(id)}/siblings`, query, signal })
  }

  /** One page of its generations, newest first. */
  generations(
    id: string,
    { signal, ...query }: CallOptions & { limit?: number; cursor?: string } = {},
  ): Promise<Page<GenerationSummary>> {
    return this.http.json({ method: 'GET', path: `/v1/turns/${encodeURIComponent(id)}/generations`, query, signal })
  }

  /**
   * Deletes it with its generations and the pictures that only it uses; an `in_use` error names in `details.turnIds`
   * the turns that have to go first.
   */
  delete(id: string, { signal }: CallOptions = {}): Promise<void> {
    return this.http.json({ method: 'DELETE', path: `/v1/turns/${encodeURIComponent(id)}`, signal })
  }
}
