import type { CreateTurnInput, CreateTurnResponse, TurnWithGenerations } from '@atelier/contracts'
import type { CallOptions, CreateOptions } from './atelier-options.js'
import type { HttpClient } from './http-client.js'

/** Requests in a conversation. */
export class TurnsApi {
  constructor(private readonly http: HttpClient) {}

  /** Asks for a picture or a change. Returns at once; its generations are queued. */
  create(sessionId: string, turn: CreateTurnInput, options: CreateOptions = {}): Promise<CreateTurnResponse> {
    return this.http.create(`/v1/sessions/${encodeURIComponent(sessionId)}/turns`, turn, options)
  }

  /** One turn with its generations. */
  get(id: string, { signal }: CallOptions = {}): Promise<TurnWithGenerations> {
    return this.http.json({ method: 'GET', path: `/v1/turns/${encodeURIComponent(id)}`, signal })
  }

  /**
   * Deletes it with its generations and the pictures that only it uses; an `in_use` error names in `details.turnIds`
   * the turns that have to go first.
   */
  delete(id: string, { signal }: CallOptions = {}): Promise<void> {
    return this.http.json({ method: 'DELETE', path: `/v1/turns/${encodeURIComponent(id)}`, signal })
  }
}
