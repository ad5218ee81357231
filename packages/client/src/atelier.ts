import type { Limits } from './wire-types.js'
import type { AtelierOptions, CallOptions } from './atelier-options.js'
import { BrowserSessionsApi } from './browser-sessions-api.js'
import { GenerationsApi } from './generations-api.js'
import { HttpClient } from './http-client.js'
import { ImagesApi } from './images-api.js'
import { ModelsApi } from './models-api.js'
import { SessionEvents } from './session-events.js'
import { SessionsApi } from './sessions-api.js'
import { TurnsApi } from './turns-api.js'

/**
 * A client of Atelier, for Node and browsers.
 *
 * Every method rejects with an `AtelierApiError` when the API says no and with an `AtelierConnectionError` when it cannot
 * be reached. Reads and creations are repeated a few times before that, as `Retry-After` asks or with growing waits; a
 * creation is never carried out twice.
 *
 * @example
 * const atelier = new Atelier({ url: 'http://127.0.0.1:8080', token: 'atl_…' })
 * const session = await atelier.sessions.create()
 * const { generations } = await atelier.turns.run(session.id, { instruction: 'a red circle' })
 * const picture = await atelier.images.content(generations[0].images[0].id)
 */
export class Atelier {
  readonly sessions: SessionsApi
  readonly images: ImagesApi
  readonly turns: TurnsApi
  readonly generations: GenerationsApi
  readonly models: ModelsApi
  readonly browserSessions: BrowserSessionsApi
  private readonly http: HttpClient

  constructor(options: AtelierOptions) {
    this.http = new HttpClient(options)
    this.sessions = new SessionsApi(this.http)
    this.images = new ImagesApi(this.http)
    this.generations = new GenerationsApi(this.http, (sessionId) => this.events(sessionId))
    this.turns = new TurnsApi(this.http, this.generations, (sessionId) => this.events(sessionId))
    this.models = new ModelsApi(this.http)
    this.browserSessions = new BrowserSessionsApi(this.http)
  }

  /** What the key's owner may have and start at once, and how much of it is used. */
  limits({ signal }: CallOptions = {}): Promise<Limits> {
    return this.http.json({ method: 'GET', path: '/v1/limits', signal })
  }

  /**
   * Opens the live events of a session: listen with `on` and close it when done, or iterate.
   *
   * @param signal - closes it
   * @param afterSeq - hear what came after this event (a session's `lastSeq`); default: what comes from now on
   */
  events(sessionId: string, { afterSeq, signal }: CallOptions & { afterSeq?: number } = {}): SessionEvents {
    return new SessionEvents(this.http, sessionId, afterSeq, signal)
  }
}
