import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../random.js'
import type { ClientLog } from './client-log.js'

/** How long one attempt may take, and how long a request is repeated, in milliseconds. */
const attemptMs = 20_000
const patienceMs = 90_000

/** An answer. */
export interface Answer {
  status: number
  body: any
}

/** A request. */
export interface Call {
  method?: 'GET' | 'POST' | 'DELETE'
  path: string
  body?: object
  /** Sent instead of a body. */
  form?: FormData
  /** Makes repeats of a creation harmless. */
  key?: string
}

/**
 * Sends requests to one of several APIs, as if a balancer stood before them, and repeats those that failed on the way or
 * were asked to come again. Every attempt that failed is written to the log.
 */
export class RestClient {
  constructor(
    private readonly urls: readonly string[],
    private readonly token: string,
    private readonly log: ClientLog,
    private readonly random: Random,
  ) {}

  /** The answer to one attempt. @throws the network's error */
  async once({ method = 'GET', path, body, form, key }: Call): Promise<Answer & { retryAfterMs: number }> {
    this.log.requests += 1
    const response = await fetch(`${this.random.pick(this.urls)}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body && { 'content-type': 'application/json' }),
        ...(key && { 'idempotency-key': key }),
      },
      ...(form && { body: form }),
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(attemptMs),
    })
    const text = await response.text()
    const retryAfterMs = Number(response.headers.get('retry-after') ?? 0) * 1000
    return { status: response.status, body: text ? JSON.parse(text) : undefined, retryAfterMs }
  }

  /**
   * The answer, after as many attempts as it takes.
   *
   * @returns undefined when it was given up
   */
  async call(call: Call): Promise<Answer | undefined> {
    const until = performance.now() + patienceMs
    for (let pauseMs = 100; ; pauseMs = Math.min(2 * pauseMs, 2_000)) {
      let waitMs = pauseMs
      try {
        const { retryAfterMs, ...answer } = await this.once(call)
        const again = answer.status >= 500 || answer.status === 429 || answer.body?.error?.code === 'still_running'
        if (!again) return answer
        this.log.error(String(answer.body?.error?.code ?? answer.status))
        waitMs = Math.max(pauseMs, retryAfterMs)
      } catch (error) {
        this.log.error((error as Error).name === 'TimeoutError' ? 'timeout' : 'connection')
      }
      if (performance.now() + waitMs > until) {
        this.log.givenUp.push(`${call.method ?? 'GET'} ${call.path}`)
        return undefined
      }
      await sleep(waitMs)
    }
  }
}
