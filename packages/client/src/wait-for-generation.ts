import type { Generation, ProgressEvent } from './wire-types.js'
import { pause } from './pause.js'
import { isTransient } from './retry.js'
import type { SessionEvents } from './session-events.js'

/** How often a generation is read although no event said so: where sockets cannot pass, this is all there is. */
const pollMs = 3_000
/** How long the server may be away before a wait gives up, in milliseconds. */
const longestOutageMs = 5 * 60_000
const ended = (generation: Generation): boolean => generation.status !== 'queued' && generation.status !== 'running'

/**
 * Reads a generation whenever its session's events say that it may have ended, and now and then, until it has.
 *
 * @param generation - it as it was known last
 * @param read - reads it
 * @param open - opens the live events of its session, or lends some that are open
 */
export async function waitForGeneration(
  generation: Generation,
  read: () => Promise<Generation>,
  open: (sessionId: string) => Pick<SessionEvents, 'on' | 'close'>,
  { onProgress, signal }: { onProgress?: (progress: ProgressEvent) => void; signal?: AbortSignal },
): Promise<Generation> {
  if (ended(generation)) return generation
  const { id } = generation
  const events = open(generation.sessionId)
  let look = () => {}
  let unseen = false
  const notice = () => {
    unseen = true
    look()
  }
  events.on('connected', notice)
  events.on('event', ({ payload }) => {
    if ('generationId' in payload && payload.generationId === id) notice()
  })
  events.on('progress', (progress) => {
    if (progress.generationId === id) onProgress?.(progress)
  })
  // it may have ended before this listened
  notice()
  let answeredAt = Date.now()
  try {
    while (!ended(generation)) {
      if (!unseen)
        await Promise.race([
          pause(pollMs, signal),
          new Promise<void>((resolve) => {
            look = resolve
          }),
        ])
      unseen = false
      try {
        generation = await read()
        answeredAt = Date.now()
      } catch (error) {
        if (!isTransient(error) || Date.now() - answeredAt >= longestOutageMs) throw error
      }
    }
    return generation
  } finally {
    events.close()
  }
}
