import type { ErrorCode } from './wire-types.js'
import type { AtelierOptions, CreateOptions } from './atelier-options.js'
import { AtelierApiError, AtelierConnectionError, errorBodyOf } from './errors.js'
import { pause } from './pause.js'
import { fetchWithProgress, untoldMs, type UploadProgress } from './fetch-with-progress.js'
import { retryAfterMs, retryDelayMs, type Repeat } from './retry.js'

/** One request to the API. */
export interface ApiRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below the base address, with ids that are encoded. */
  path: string
  query?: Record<string, string | number | undefined>
  /** Sent as JSON, or as it is when it is a form. */
  body?: unknown
  idempotencyKey?: string
  signal?: AbortSignal | undefined
  /** Told how much of the body is on its way, in browsers; again from the start when the request is repeated. */
  onProgress?: ((progress: UploadProgress) => void) | undefined
}

/** Sends requests, repeats those that may be repeated, and throws the errors that the API answers. */
export class HttpClient {
  readonly url: string
  readonly token: string | undefined
  private readonly retries: number
  private readonly timeoutMs: number

  constructor({ url, token, retries = 3, timeoutMs = 60_000 }: AtelierOptions) {
    this.url = url.replace(/\/+$/, '')
    this.token = token
    this.retries = retries
    this.timeoutMs = timeoutMs
  }

  /** The JSON of the answer. @throws AtelierApiError, AtelierConnectionError, or the signal's reason */
  async json<T>(request: ApiRequest): Promise<T> {
    return this.send(request, async (response) => (response.status === 204 ? undefined : response.json()) as T)
  }

  /** Creates something: attempts with the same key create one thing. @throws as {@link json} */
  create<T>(path: string, body: unknown, options: CreateOptions & Pick<ApiRequest, 'onProgress'> = {}): Promise<T> {
    const { signal, onProgress, idempotencyKey = newIdempotencyKey() } = options
    return this.json({ method: 'POST', path, body, idempotencyKey, signal, onProgress })
  }

  /** The bytes of the answer. @throws as {@link json} */
  async bytes(request: ApiRequest): Promise<Uint8Array> {
    return this.send(request, async (response) => new Uint8Array(await response.arrayBuffer()))
  }

  private async send<T>(request: ApiRequest, read: (response: Response) => Promise<T>): Promise<T> {
    const repeat: Repeat = ['GET', 'PATCH'].includes(request.method) || request.idempotencyKey ? 'always' : 'refused'
    for (let attempt = 1; ; attempt++) {
      let askedMs: number | undefined
      try {
        return await this.attempt(request, async (response) => {
          if (response.ok) return read(response)
          askedMs = retryAfterMs(response.headers.get('retry-after'))
          throw await errorOf(response)
        })
      } catch (error) {
        request.signal?.throwIfAborted()
        const delayMs = attempt > this.retries ? undefined : retryDelayMs(error, repeat, attempt, askedMs)
        if (delayMs === undefined) throw error
        await pause(delayMs, request.signal)
      }
    }
  }

  private async attempt<T>(
    { method, path, query = {}, body, idempotencyKey, signal, onProgress }: ApiRequest,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const search = new URLSearchParams()
    for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
    const form = body instanceof FormData
    const silence = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const moved = (patienceMs = this.timeoutMs) => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        // a program that was itself held up first reads what has arrived
        timer = setTimeout(() => silence.abort(new Error(`Nothing has come for ${patienceMs} ms.`)), 0)
      }, patienceMs)
    }
    moved(this.timeoutMs + (form ? untoldMs(body) : 0))
    try {
      const response = await fetchWithProgress(`${this.url}${path}${search.size ? `?${search}` : ''}`, {
        method,
        onProgress: (progress) => {
          moved()
          onProgress?.(progress)
        },
        headers: {
          ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
          ...(body !== undefined && !form && { 'content-type': 'application/json' }),
          ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
        },
        ...(body !== undefined && { body: form ? body : JSON.stringify(body) }),
        signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal,
      })
      moved()
      const parts = new TransformStream<Uint8Array, Uint8Array>({
        transform(part, out) {
          moved()
          out.enqueue(part)
        },
      })
      // Browsers give a 204 an empty body, which a new one must not have.
      const watched = response.body && response.status !== 204
      return await read(watched ? new Response(response.body.pipeThrough(parts), response) : response)
    } catch (cause) {
      throw cause instanceof AtelierApiError ? cause : new AtelierConnectionError(this.url, { cause })
    } finally {
      clearTimeout(timer)
    }
  }
}

/** A new Idempotency-Key: 128 random bits. (`crypto.randomUUID` is missing on pages without TLS.) */
function newIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Codes for answers without a body of ours, by status. */
const proxyCodes: Record<number, ErrorCode> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  413: 'payload_too_large',
  429: 'rate_limited',
}

/** The error of an answer; one from a proxy gets a code and a message of ours. */
async function errorOf(response: Response): Promise<AtelierApiError> {
  const body = errorBodyOf(await response.json().catch(() => null))
  const requestId = response.headers.get('x-request-id') ?? ''
  const code = proxyCodes[response.status] ?? (response.status > 500 ? 'unavailable' : 'internal')
  return new AtelierApiError(
    body ?? { error: { code, message: `The server answered ${response.status} ${response.statusText}.`, requestId } },
    response.status,
  )
}
