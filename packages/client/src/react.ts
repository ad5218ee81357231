import { useCallback, useMemo, useSyncExternalStore } from 'react'
import type { Atelier } from './atelier.js'
import type { CreateOptions } from './atelier-options.js'
import { SessionView, type SessionViewState } from './session-view.js'
import type { CreateTurnInput, CreateTurnResponse, Generation } from './wire-types.js'

/** What {@link useAtelierSession} gives a component. */
export interface AtelierSession extends SessionViewState {
  /** Asks for a picture or a change; words alone are its instruction. Resolves when it is queued; the state tells the rest. */
  send(turn: CreateTurnInput | string, options?: CreateOptions): Promise<CreateTurnResponse>
  /** Cancels a generation. */
  cancel(generationId: string): Promise<Generation>
}

const nothing: SessionViewState = { session: undefined, progress: {}, connected: false, error: undefined }
const noSubscription = () => () => {}

/**
 * A conversation that keeps itself up to date while the component is mounted.
 *
 * @param atelier - the same object in each rendering
 * @param sessionId - undefined: none yet
 */
export function useAtelierSession(atelier: Atelier, sessionId: string | undefined): AtelierSession {
  const view = useMemo(
    () => (sessionId === undefined ? undefined : new SessionView(atelier, sessionId)),
    [atelier, sessionId],
  )
  const state = useSyncExternalStore(
    view?.subscribe ?? noSubscription,
    () => view?.state ?? nothing,
    () => nothing,
  )
  const send = useCallback<AtelierSession['send']>(
    async (turn, options) => {
      if (sessionId === undefined) throw new TypeError('There is no session to send to yet.')
      return atelier.turns.create(sessionId, typeof turn === 'string' ? { instruction: turn } : turn, options)
    },
    [atelier, sessionId],
  )
  const cancel = useCallback<AtelierSession['cancel']>((id) => atelier.generations.cancel(id), [atelier])
  return { ...state, send, cancel }
}
