import { AtelierError, isTerminal, type ProgressEvent } from '@atelier/contracts'
import type { GenerationRow, OwnerRepositories, TurnRow } from '@atelier/database'
import type { ApiContext } from '../api-context.js'
import { orNotFound } from '../or-not-found.js'

/** How often the generations are looked at although nothing was heard of them, in milliseconds: events may be lost. */
const lookMs = 5000

/** What {@link followTurn} tells. */
export interface TurnListener {
  /** A step of a generation is done. @param index - of the generation in its turn */
  progress?(progress: ProgressEvent, index: number): void
  /** A generation has ended; null: it was deleted. Awaited before the next one is told. */
  ended(generation: GenerationRow | null, index: number): Promise<void> | void
}

/**
 * Follows the generations of a turn until all have ended.
 *
 * @param signal - ends it early; it then rejects with the signal's reason
 * @throws AtelierError `not_found` when the session has been deleted; what a listener throws
 */
export async function followTurn(
  { hub }: Pick<ApiContext, 'hub'>,
  owner: OwnerRepositories,
  { id: turnId, sessionId, generations }: TurnRow,
  listener: TurnListener,
  signal: AbortSignal,
): Promise<void> {
  const { lastSeq } = orNotFound(await owner.sessions.get(sessionId))
  const order = generations.map(({ id }) => id)
  const left = new Set(order)
  let end = (): void => {}
  try {
    await new Promise<void>((resolve, reject) => {
      let [looking, again] = [false, false]
      const look = async () => {
        if (looking) return void (again = true)
        looking = true
        do {
          again = false
          for (const id of left) {
            const row = await owner.generations.get(id)
            if (signal.aborted) return
            if (row && !isTerminal(row.status)) continue
            left.delete(id)
            await listener.ended(row, order.indexOf(id))
          }
        } while (again)
        looking = false
        if (!left.size) resolve()
      }
      const heard = () => void look().catch(reject)
      const stop = hub.watch(owner, sessionId, lastSeq, {
        event: (event) => {
          if (event.turnId === turnId && event.type !== 'generation-started') heard()
        },
        progress: (progress) => {
          if (left.has(progress.generationId)) listener.progress?.(progress, order.indexOf(progress.generationId))
        },
      })
      const timer = setInterval(heard, lookMs)
      const abort = () => reject(signal.reason as Error)
      signal.addEventListener('abort', abort, { once: true })
      end = () => {
        stop()
        clearInterval(timer)
        signal.removeEventListener('abort', abort)
      }
      if (signal.aborted) abort()
      heard()
    })
  } finally {
    end()
  }
}

/** The reason of a signal that ends a wait because whoever waits has gone. */
export class CallerGoneError extends Error {
  override readonly name = 'CallerGoneError'
}

/** The reason of a signal that ends a wait because this process stops: the same call may come again elsewhere. */
export const stoppingError = (): AtelierError => new AtelierError('unavailable', 'The server is being restarted.')
