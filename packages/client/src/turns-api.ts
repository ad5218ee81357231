import type {
  CreateTurnInput,
  CreateTurnResponse,
  DryRunTurnInput,
  GenerationSummary,
  Page,
  TurnInTree,
  TurnOutlook,
} from '@atelier/contracts'
import type { CallOptions, CreateOptions } from './atelier-options.js'
import type { HttpClient } from './http-client.js'

/** Requests in a conversation. */
export class TurnsApi {
  constructor(private readonly http: HttpClient) {}

  /** Asks for a picture or a change. Returns at once; its generations are queued. */
  create(sessionId: string, turn: CreateTurnInput, options: CreateOptions = {}): Promise<CreateTurnResponse> {
    return this.http.create(`/v1/sessions/${encodeURIComponent(sessionId)}/turns`, turn, options)
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
