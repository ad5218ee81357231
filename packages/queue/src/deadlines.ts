// How long each kind of call to the queue's backend may take, and what happens after that.
import { once, type EventEmitter } from 'node:events'
import { AtelierError } from '@atelier/contracts'
import { withTimeout } from '@atelier/service'
import type { IQueueBackend } from 'bullmq'

/** How long an ordinary call may take, in milliseconds. */
export const callTimeoutMs = 2_000
/** How long opening may take, in milliseconds; the first time it also makes the tables. */
const openTimeoutMs = 15_000
/** How long closing may take, in milliseconds. */
const closeTimeoutMs = 3_000

/**
 * The value of a promise, if it comes in time.
 *
 * @throws AtelierError `unavailable` when it rejects or comes too late; its late result is ignored
 */
export async function orUnavailable<T>(promise: Promise<T>, timeoutMs = callTimeoutMs): Promise<T> {
  try {
    return await withTimeout(timeoutMs, promise)
  } catch (cause) {
    throw new AtelierError('unavailable', 'The queue does not answer.', undefined, { cause })
  }
}

/**
 * Resolves when one of BullMQ's classes has its connections.
 *
 * @throws AtelierError `unavailable` at the first failure to connect: a start that cannot succeed fails at once
 */
export async function untilReady(part: Pick<Part, 'waitUntilReady'> & EventEmitter): Promise<void> {
  const opened = new AbortController()
  const failed = once(part, 'error', { signal: opened.signal }).then(([error]) => {
    throw error
  })
  try {
    await orUnavailable(Promise.race([part.waitUntilReady(), failed]), openTimeoutMs)
  } finally {
    failed.catch(() => {})
    opened.abort()
  }
}

/** What BullMQ's classes have in common. */
export interface Part extends EventEmitter {
  waitUntilReady(): Promise<unknown>
  close(): Promise<unknown>
  disconnect(): Promise<unknown>
  getBackend(): IQueueBackend
}

/** Closes one of BullMQ's classes; when that takes too long, as without its backend, drops its connections. */
export async function closeQuietly(part: Pick<Part, 'close' | 'disconnect' | 'getBackend'>): Promise<void> {
  const closed = await withTimeout(closeTimeoutMs, part.close()).then(
    () => true,
    () => false,
  )
  if (closed) return
  // The first call ends a connection that was never made, the second one that was lost.
  void part
    .getBackend()
    .close(true)
    .catch(() => {})
  void part.disconnect().catch(() => {})
}
