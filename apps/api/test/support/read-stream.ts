/** One server-sent event. */
export interface StreamEvent {
  id?: string
  event?: string
  data: any
}

/** How long a stream may take that is never enough, in milliseconds: no bound of a test, also on a busy machine. */
const longestMs = 60_000

/** Reads server-sent events from a listening API until `enough` says so, then hangs up. */
export async function readStream(
  url: string,
  headers: Record<string, string>,
  enough: (events: StreamEvent[]) => boolean,
  during: () => Promise<unknown> = async () => {},
): Promise<StreamEvent[]> {
  const stop = AbortSignal.timeout(longestMs)
  const answer = await fetch(url, { headers, signal: stop })
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`)
  const events: StreamEvent[] = []
  const busy = during()
  let text = ''
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  while (!enough(events)) {
    const { value, done } = await reader.read()
    if (done) break
    text += value
    const blocks = text.split('\n\n')
    text = blocks.pop()!
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      )
      if (fields.data)
        events.push({
          ...(fields.id && { id: fields.id }),
          ...(fields.event && { event: fields.event }),
          data: JSON.parse(fields.data),
        })
    }
  }
  await busy
  await reader.cancel()
  return events
}
