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
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), goodbyeMs)
  })
  const closed = await Promise.race([
    part.close().then(
      () => true,
      () => false,
    ),
    late,
  ])
  clearTimeout(timer)
  if (closed) return
  // A connection that never was ends by the first way, one that was lost by the second.
  void part
    .getBackend()
    .close(true)
    .catch(() => {})
  void part.disconnect().catch(() => {})
}
