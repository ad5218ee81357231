import { once, type EventEmitter } from 'node:events'
import { within } from './within.js'

/** Making the tables takes a moment the first time, in milliseconds. */
const openTimeoutMs = 15_000

/**
 * Resolves when a part of BullMQ has its connections.
 *
 * @throws AtelierError `unavailable` at the first failure to connect: a start that cannot succeed fails at once
 */
export async function untilReady(part: EventEmitter & { waitUntilReady(): Promise<unknown> }): Promise<void> {
  const heard = new AbortController()
  const failed = once(part, 'error', { signal: heard.signal }).then(([error]) => {
    throw error
  })
  try {
    await within(Promise.race([part.waitUntilReady(), failed]), openTimeoutMs)
  } finally {
    failed.catch(() => {})
    heard.abort()
  }
}
