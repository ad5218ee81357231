import type { Page, Session, SessionWithTurns, UpdateSession } from '@atelier/contracts'
import type { CallOptions, CreateOptions } from './atelier-options.js'
import type { HttpClient } from './http-client.js'

/** Conversations. */
export class SessionsApi {
  constructor(private readonly http: HttpClient) {}

  create(session: { title?: string } = {}, options: CreateOptions = {}): Promise<Session> {
    return this.http.create('/v1/sessions', session, options)
  }

  /** One page, newest first; `cursor` is the `nextCursor` of the page before. */
  list(
    { limit, cursor }: { limit?: number; cursor?: string } = {},
    { signal }: CallOptions = {},
  ): Promise<Page<Session>> {
    return this.http.json({ method: 'GET', path: '/v1/sessions', query: { limit, cursor }, signal })
  }

  /** One session with its turns, oldest first. */
  get(id: string, { signal }: CallOptions = {}): Promise<SessionWithTurns> {
    return this.http.json({ method: 'GET', path: `/v1/sessions/${encodeURIComponent(id)}`, signal })
  }

  /** The session with its pictures as one archive (a zip). */
  export(id: string, { signal }: CallOptions = {}): Promise<Uint8Array> {
    return this.http.bytes({ method: 'GET', path: `/v1/sessions/${encodeURIComponent(id)}/export`, signal })
  }

  /** Makes a new session from an archive of {@link export}. */
  import(file: Blob | Uint8Array<ArrayBuffer>, options: CreateOptions = {}): Promise<Session> {
    const body = new FormData()
    body.set('file', file instanceof Blob ? file : new Blob([file]), 'session.zip')
    return this.http.create('/v1/sessions/import', body, options)
  }

  /** Makes a new session from the path to one of the session's turns; without `title` it keeps the title. */
  fork(id: string, from: { turnId: string; title?: string }, options: CreateOptions = {}): Promise<Session> {
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
