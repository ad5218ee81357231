import type {
  ForkSession,
  ListedSession,
  Page,
  Session,
  SessionWithTurns,
  TurnInTree,
  TurnPage,
  UpdateSession,
} from './wire-types.js'
import type { CallOptions, CreateOptions } from './atelier-options.js'
import type { HttpClient } from './http-client.js'

/** Which turns of a session: of the active path by default, of the path through `turn`, or with `path: 'all'` every one. */
export interface TurnsQuery extends CallOptions {
  path?: 'active' | 'all'
  turn?: string
  /** Turns a page, 1 to 100, default 50. */
  limit?: number
}

/** Which sessions of the list. */
export interface SessionsQuery {
  /** Sessions a page, 1 to 100, default 20. */
  limit?: number
  cursor?: string
  /** Only those with this text in the title. */
  query?: string
  /** `created` (default): the newest session first; `activity`: the one that changed last first. */
  order?: 'created' | 'activity'
}

/** Conversations. */
export class SessionsApi {
  constructor(private readonly http: HttpClient) {}

  create(session: { title?: string } = {}, options: CreateOptions = {}): Promise<Session> {
    return this.http.create('/v1/sessions', session, options)
  }

  /** One page, each with its newest picture; `cursor` is the `nextCursor` of the page before. */
  list(query: SessionsQuery = {}, { signal }: CallOptions = {}): Promise<Page<ListedSession>> {
    const { limit, cursor, query: title, order } = query
    return this.http.json({
      method: 'GET',
      path: '/v1/sessions',
      query: { limit, cursor, query: title, order },
      signal,
    })
  }

  /**
   * One session with the newest turns of its active path, oldest first; {@link turns} has the others.
   *
   * @param limit - how many turns, 1 to 100, default 50; a page of long turns may have fewer
   * @param turn - the path through this turn instead, on to the newest turn at each fork
   */
  get(
    id: string,
    { limit, turn, signal }: CallOptions & { limit?: number; turn?: string } = {},
  ): Promise<SessionWithTurns> {
    const path = `/v1/sessions/${encodeURIComponent(id)}`
    return this.http.json({ method: 'GET', path, query: { limit, turn }, signal })
  }

  /** One page of turns, oldest first; without `before` and `after` the newest one. */
  turns(id: string, page: TurnsQuery & { before?: string; after?: string } = {}): Promise<TurnPage> {
    const { signal, ...query } = page
    return this.http.json({ method: 'GET', path: `/v1/sessions/${encodeURIComponent(id)}/turns`, query, signal })
  }

  /**
   * All turns of a path, or with `path: 'all'` of the session, newest first; the next page is read when it is needed.
   *
   * @param limit - turns a page
   */
  async *everyTurn(id: string, query: TurnsQuery = {}): AsyncGenerator<TurnInTree, void, undefined> {
    for (let before: string | null | undefined; before !== null;) {
      const page: TurnPage = await this.turns(id, { ...query, ...(before !== undefined && { before }) })
      yield* page.data.toReversed()
      before = page.before
    }
  }

  /** The session with its pictures as one archive (a zip). */
  export(id: string, { signal }: CallOptions = {}): Promise<Uint8Array> {
    return this.http.bytes({ method: 'GET', path: `/v1/sessions/${encodeURIComponent(id)}/export`, signal })
  }

  /** Makes a new session from an archive of {@link export}. */
  import(file: Blob | Uint8Array, options: CreateOptions = {}): Promise<Session> {
    const body = new FormData()
    body.set('file', file instanceof Blob ? file : new Blob([file as Uint8Array<ArrayBuffer>]), 'session.zip')
    return this.http.create('/v1/sessions/import', body, options)
  }

  /**
   * Makes a new session from the path to one of the session's turns, or without `turnId` from all of its branches;
   * without `title` it keeps the title.
   */
  fork(id: string, from: ForkSession = {}, options: CreateOptions = {}): Promise<Session> {
    return this.http.create(`/v1/sessions/${encodeURIComponent(id)}/fork`, from, options)
  }

  /** Renames it, or moves it to another of its turns (`activeTurnId`). */
  update(id: string, change: UpdateSession, { signal }: CallOptions = {}): Promise<Session> {
    return this.http.json({ method: 'PATCH', path: `/v1/sessions/${encodeURIComponent(id)}`, body: change, signal })
  }

  /** Deletes it with its turns and the pictures that only they use. */
  delete(id: string, { signal }: CallOptions = {}): Promise<void> {
    return this.http.json({ method: 'DELETE', path: `/v1/sessions/${encodeURIComponent(id)}`, signal })
  }
}
