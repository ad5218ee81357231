import { withTimeout } from '@atelier/service'
import type { IQueueBackend } from 'bullmq'

/** How long a goodbye to the backend may take, in milliseconds. */
const goodbyeMs = 3_000

/** What BullMQ's classes have in common. */
interface Closable {
  close(): Promise<unknown>
  disconnect(): Promise<unknown>
  getBackend(): IQueueBackend
}

/** Closes a part of BullMQ, and tears its connections when it cannot say goodbye, as when its backend is gone. */
export async function closeQuietly(part: Closable): Promise<void> {
  const closed = await withTimeout(goodbyeMs, part.close()).then(
    () => true,
    () => false,
  )
  if (closed) return
  // A connection that never was ends by the first way, one that was lost by the second.
  void part
    .getBackend()
    .close(true)
    .catch(() => {})
  void part.disconnect().catch(() => {})
}
