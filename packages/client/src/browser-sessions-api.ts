import type { BrowserSession, SignIn } from './wire-types.js'
import type { CallOptions } from './atelier-options.js'
import type { HttpClient } from './http-client.js'

/**
 * Signing browsers in, for pages that the server itself delivers: a browser exchanges a key, or the secret of a link, for a
 * cookie that scripts cannot read, and makes its other calls without `token`.
 */
export class BrowserSessionsApi {
  constructor(private readonly http: HttpClient) {}

  /** Signs this browser in, with all its tabs. @throws AtelierApiError `unauthorized` when neither holds */
  signIn(by: SignIn, { signal }: CallOptions = {}): Promise<BrowserSession> {
    return this.http.json({ method: 'POST', path: '/v1/browser-sessions', body: by, signal })
  }

  /** Who is signed in, and with which key. @throws AtelierApiError `unauthorized` when nobody is */
  current({ signal }: CallOptions = {}): Promise<BrowserSession> {
    return this.http.json({ method: 'GET', path: '/v1/browser-sessions/current', signal })
  }

  /** Signs this browser out, with all its tabs. */
  signOut({ signal }: CallOptions = {}): Promise<void> {
    return this.http.json({ method: 'DELETE', path: '/v1/browser-sessions/current', signal })
  }
}
