import { useMemo } from 'react'
import { useAddress } from '../app/address.js'
import { ExternalStore, useStore } from '../app/external-store.js'
import { madePictures } from '../conversation/conversation-state.js'
import { conversationStore, useConversationState } from '../conversation/conversation-store.js'

/**
 * What is done on the stage: `look` at the picture, paint a `mask`, drag a `frame` for outpainting, `compare` with the
 * source, or see the `variations` of a turn beside each other.
 */
export type StageTool = 'look' | 'mask' | 'frame' | 'compare' | 'variations'

/** The drawer beside the stage: what the model saw for one generation, or the map of the conversation. */
export type StagePanel = { kind: 'details'; generationId: string } | { kind: 'map' }

/** What the stage shows. */
export interface StageState {
  /** The picture that a person has chosen to see; null: the newest one of the path, also when a newer one comes. */
  imageId: string | null
  tool: StageTool
  /** Whether it lies over the thread on narrow screens. On wide ones it always stands beside it. */
  open: boolean
  fullScreen: boolean
  panel: StagePanel | null
}

/** What can be done with the stage. */
export interface StageActions {
  /** Shows a picture, with a tool on it; on narrow screens the stage opens. Null: the newest picture. */
  show(imageId: string | null, tool?: StageTool): void
  setTool(tool: StageTool): void
  /** On narrow screens: back to the thread. Any tool is put away. */
  close(): void
  setFullScreen(fullScreen: boolean): void
  setPanel(panel: StagePanel | null): void
}

const nothing: StageState = { imageId: null, tool: 'look', open: false, fullScreen: false, panel: null }
const stages = new Map<string | null, ExternalStore<StageState>>()

const keyOf = (sessionId: string | null) => `atelier.stage.${sessionId ?? 'new'}`
/** Whether this tab shows the page again, as after a reload, rather than for the first time. */
const again = performance.getEntriesByType('navigation').some((entry) => 'type' in entry && entry.type === 'reload')

/** What a reload brings back: whoever paints on a picture goes on there. */
function kept(sessionId: string | null): Partial<StageState> {
  try {
    return again ? (JSON.parse(sessionStorage.getItem(keyOf(sessionId)) ?? '{}') as Partial<StageState>) : {}
  } catch {
    return {}
  }
}

function keep(sessionId: string | null, { imageId, tool, open }: StageState): void {
  try {
    sessionStorage.setItem(keyOf(sessionId), JSON.stringify({ imageId, tool, open } satisfies Partial<StageState>))
  } catch {
    // A browser without room: a reload begins with the newest picture.
  }
}

/** The stage of a conversation. It lives as long as the page; the picture and the tool outlive a reload. */
export function stageStore(sessionId: string | null): ExternalStore<StageState> {
  const known = stages.get(sessionId)
  if (known) return known
  const store = new ExternalStore({ ...nothing, ...kept(sessionId) })
  stages.set(sessionId, store)
  store.subscribe(() => keep(sessionId, store.state))
  return store
}

/** Id of the picture on the stage of a conversation; null: it has none. */
export function shownIdOf(sessionId: string | null): string | null {
  return stageStore(sessionId).state.imageId ?? newestIdOf(conversationStore(sessionId).state)
}

/** Id of the newest picture that the shown turns have made; null: there is none. */
export const newestIdOf = (state: Parameters<typeof madePictures>[0]): string | null =>
  madePictures(state).at(-1)?.image.id ?? null

/** Id of the picture on the stage: the chosen one, otherwise the newest of the path; null: there is none. */
export function useShownId(): string | null {
  const { sessionId } = useAddress()
  const chosen = useStore(stageStore(sessionId), ({ imageId }) => imageId)
  const newest = useConversationState(newestIdOf)
  return chosen ?? newest
}

/** The operations alone; they stay the same while the conversation does. */
export function useStageActions(): StageActions {
  const { sessionId } = useAddress()
  return useMemo(() => {
    const store = stageStore(sessionId)
    const change = (fields: Partial<StageState>) => store.set((state) => ({ ...state, ...fields }))
    return {
      show: (imageId, tool = 'look') => change({ imageId, tool, open: true }),
      setTool: (tool) => change({ tool }),
      close: () => change({ open: false, tool: 'look' }),
      setFullScreen: (fullScreen) => change({ fullScreen }),
      setPanel: (panel) => change({ panel }),
    }
  }, [sessionId])
}

/** What the stage shows, and what can be done with it. */
export function useStage(): StageState & StageActions & { shownId: string | null } {
  const { sessionId } = useAddress()
  const state = useStore(stageStore(sessionId), (whole) => whole)
  return { ...state, shownId: useShownId(), ...useStageActions() }
}
