import type { CreateTurnInput, CreateTurnResponse, TurnWithGenerations } from '@atelier/contracts'
import type { CallOptions, CreateOptions } from './atelier-options.js'
import type { HttpClient } from './http-client.js'
import { newIdempotencyKey } from './idempotency-key.js'

/** Requests in a conversation. */
export class TurnsApi {
  constructor(private readonly http: HttpClient) {}

  /** Asks for a picture or a change. The answer comes at once; its generations are queued. */
  create(sessionId: string, turn: CreateTurnInput, options: CreateOptions = {}): Promise<CreateTurnResponse> {
    const { signal, idempotencyKey = newIdempotencyKey() } = options
    return this.http.json({
      method: 'POST',
      path: `/v1/sessions/${encodeURIComponent(sessionId)}/turns`,
      body: turn,
      idempotencyKey,
      signal,
    })
  }

  /** With its generations. */
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
