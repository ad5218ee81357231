import type { Generation, ProgressEvent } from '@atelier/contracts'
import type { CallOptions, CreateOptions } from './atelier-options.js'
import type { HttpClient } from './http-client.js'
import { newIdempotencyKey } from './idempotency-key.js'
import type { SessionEvents } from './session-events.js'
import { waitForGeneration } from './wait-for-generation.js'

/** Runs of the model. */
export class GenerationsApi {
  /** @param events - opens the live events of a session */
  constructor(
    private readonly http: HttpClient,
    private readonly events: (sessionId: string) => SessionEvents,
  ) {}

  get(id: string, { signal }: CallOptions = {}): Promise<Generation> {
    return this.http.json({ method: 'GET', path: this.path(id), signal })
  }

  /** At once when it is queued, before its next step when it runs. */
  cancel(id: string, { signal }: CallOptions = {}): Promise<Generation> {
    return this.http.json({ method: 'POST', path: `${this.path(id)}/cancel`, signal })
  }

  /** Runs one that has ended again, as a sibling with this seed or a random one. */
  retry(
    id: string,
    { seed, signal, idempotencyKey = newIdempotencyKey() }: CreateOptions & { seed?: number } = {},
  ): Promise<Generation> {
    const body = seed === undefined ? undefined : { seed }
    return this.http.json({ method: 'POST', path: `${this.path(id)}/retry`, body, idempotencyKey, signal })
  }

  /** Runs one that has succeeded again from its record; `reproduction` of the new one says how equal the pictures are. */
  reproduce(id: string, { signal, idempotencyKey = newIdempotencyKey() }: CreateOptions = {}): Promise<Generation> {
    return this.http.json({ method: 'POST', path: `${this.path(id)}/reproduce`, idempotencyKey, signal })
  }

  /**
   * Waits until a generation has ended and answers it, however it ended: look at its `status` and `error`.
   *
   * @param onProgress - hears of finished steps, with a preview now and then
   * @throws AtelierApiError when there is no such generation; the signal's reason
   */
  wait(
    id: string,
    options: CallOptions & { onProgress?: (progress: ProgressEvent) => void } = {},
  ): Promise<Generation> {
    return waitForGeneration(() => this.get(id, options), this.events, options)
  }

  private path(id: string): string {
    return `/v1/generations/${encodeURIComponent(id)}`
  }
}
