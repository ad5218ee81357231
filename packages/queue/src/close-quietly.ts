/** How long a goodbye to the backend may take, in milliseconds. */
const goodbyeMs = 3_000

/** Closes something of BullMQ, and disconnects it when it cannot say goodbye, as when its backend is gone. */
export async function closeQuietly(part: { close(): Promise<unknown>; disconnect(): Promise<unknown> }): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), goodbyeMs)
  })
  const closed = await Promise.race([part.close().then(() => true, () => false), late])
  clearTimeout(timer)
  if (!closed) void part.disconnect().catch(() => {})
}
