import { createHmac } from 'node:crypto'
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { DeliveryResult } from '@atelier/database'
import { checkConnected, checkedLookup, checkedUrl, RemoteError } from '../remote/public-address.js'

/** How long a receiver may take, in milliseconds. */
const answerMs = 15_000
/** How much of an answer is read, in bytes: nothing of it matters. */
const readBytes = 64 * 1024

/** Waits before the attempts after the first, in seconds: eleven attempts within a day. */
const waits = [5, 30, 120, 600, 1800, 3600, 2 * 3600, 4 * 3600, 6 * 3600, 8 * 3600]

/** A message as it is sent. */
export interface Message {
  id: string
  url: string
  /** Of Standard Webhooks, `whsec_` and base64; the newest first. */
  secrets: readonly string[]
  /** This attempt, from 1. */
  attempt: number
  body: string
}

/**
 * The headers of Standard Webhooks: what is signed is `id.timestamp.body`, with HMAC-SHA256 of each secret.
 *
 * @param now - in milliseconds
 */
export function signedHeaders({ id, secrets, body }: Message, now = Date.now()): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000))
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}

/** Sends the request and reads its status. Redirects are not followed. @throws RemoteError */
async function post(message: Message, allows: (address: string) => boolean, stop: AbortSignal) {
  const url = checkedUrl(message.url, allows)
  const late = AbortSignal.timeout(answerMs)
  const options = {
    method: 'POST',
    agent: false as const,
    lookup: checkedLookup(allows),
    signal: AbortSignal.any([late, stop]),
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(message.body),
      'user-agent': 'Atelier-Webhooks',
      ...signedHeaders(message),
    },
  }
  let answer: IncomingMessage | undefined
  try {
    answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options, resolve)
      request.on('error', reject)
      request.on('socket', (socket) => checkConnected(socket, allows, (error) => void request.destroy(error)))
      request.end(message.body)
    })
    let bytes = 0
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > readBytes) break
    }
    return { status: answer.statusCode!, retryAfter: Number(answer.headers['retry-after']) }
  } catch (error) {
    if (error instanceof RemoteError) throw error
    throw new RemoteError(late.aborted ? `did not answer within ${answerMs / 1000} seconds` : 'could not be reached', {
      cause: error,
    })
  } finally {
    answer?.destroy()
  }
}

/**
 * Makes one attempt to deliver a message. Anything from 200 to 299 is a success; after anything else it is sent again, with
 * growing waits, for about a day.
 *
 * @param allows - which addresses may be connected to
 * @param stop - ends the attempt; it then counts as a failed one
 */
export async function sendDelivery(
  message: Message,
  allows: (address: string) => boolean,
  stop: AbortSignal,
): Promise<DeliveryResult> {
  const wait = waits[message.attempt - 1]
  // apart from each other, so that a receiver that comes back is not overrun
  const retryInSeconds = wait === undefined ? null : Math.round(wait * (0.9 + Math.random() * 0.2))
  try {
    const { status, retryAfter } = await post(message, allows, stop)
    if (status >= 200 && status < 300) return { delivered: true, status, error: null, retryInSeconds: null }
    const error = status >= 300 && status < 400 ? 'answers with a redirect, which is not followed' : `answers ${status}`
    if (status === 410) return { delivered: false, status, error, retryInSeconds: null, unwanted: true }
    const asked = retryAfter > 0 ? Math.min(retryAfter, 24 * 3600) : 0
    return { delivered: false, status, error, retryInSeconds: retryInSeconds && Math.max(retryInSeconds, asked) }
  } catch (error) {
    return { delivered: false, status: null, error: (error as Error).message, retryInSeconds }
  }
}
