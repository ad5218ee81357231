import type { Generation, PlacedGeneration, ProgressEvent } from './wire-types.js'
import type { CallOptions, CreateOptions } from './atelier-options.js'
import type { HttpClient } from './http-client.js'
import type { SessionEvents } from './session-events.js'
import { waitForGeneration } from './wait-for-generation.js'

/** Runs of the model. */
export class GenerationsApi {
  /** @param events - opens the live events of a session */
  constructor(
    private readonly http: HttpClient,
    private readonly events: (sessionId: string) => SessionEvents,
  ) {}

  /** The generation, its position in the queue, and in how many seconds it will have ended. */
  get(id: string, { signal }: CallOptions = {}): Promise<PlacedGeneration> {
    return this.http.json({ method: 'GET', path: this.path(id), signal })
  }

  /** Cancels it: at once when it is queued, before its next step when it runs. */
  cancel(id: string, { signal }: CallOptions = {}): Promise<Generation> {
    return this.http.json({ method: 'POST', path: `${this.path(id)}/cancel`, signal })
  }

  /** Runs one that has ended again, as a sibling with this seed or a random one. */
  retry(id: string, { seed, ...options }: CreateOptions & { seed?: number } = {}): Promise<Generation> {
    return this.http.create(`${this.path(id)}/retry`, seed === undefined ? undefined : { seed }, options)
  }

  /** Runs one that has succeeded again from its record; the new one's `reproduction` compares the two pictures. */
  reproduce(id: string, options: CreateOptions = {}): Promise<Generation> {
    return this.http.create(`${this.path(id)}/reproduce`, undefined, options)
  }

  /**
   * Waits until a generation has ended and returns it, however it ended: look at its `status` and `error`. Once it waits, the
   * server may be away for up to five minutes.
   *
   * @param signal - stops the wait; the generation goes on
   * @param onProgress - called for each finished step, some with a preview
   * @throws AtelierApiError when there is no such generation; AtelierConnectionError; the signal's reason
   */
  async wait(
    id: string,
    options: CallOptions & { onProgress?: (progress: ProgressEvent) => void } = {},
  ): Promise<Generation> {
    const read = () => this.get(id, options)
    return waitForGeneration(await read(), read, this.events, options)
  }

  private path(id: string): string {
    return `/v1/generations/${encodeURIComponent(id)}`
  }
}
