import type { CreateTurnInput, CreateTurnResponse } from '@atelier/contracts'
import type { CreateOptions } from './atelier-options.js'
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
}
