import type {
  GenerationSummary,
  Image,
  LogEvent,
  ProgressEvent,
  SessionWithTurns,
  TurnInTree,
  TurnPage,
  TurnWithGenerations,
} from '@atelier/contracts'

/** A conversation as the page knows it. */
export interface ConversationState {
  /** The newest turns of the path that is shown, oldest first. */
  turns: TurnInTree[]
  /** Cursor of the turns before these; null: there are none. */
  before: string | null
  /** By generation id: how many are before it in the queue. */
  positions: Record<string, number>
  /** By generation id: the last preview, a `data:` URL. */
  previews: Record<string, string>
}

/** What changes a conversation. */
export type ConversationChange =
  | { type: 'opened'; session: SessionWithTurns | null }
  | { type: 'earlier'; page: TurnPage }
  | { type: 'created'; turn: TurnWithGenerations }
  | { type: 'generation'; generation: GenerationSummary }
  | { type: 'event'; event: LogEvent }
  | { type: 'progress'; progress: ProgressEvent }

/** A conversation without turns. */
export const emptyConversation: ConversationState = { turns: [], before: null, positions: {}, previews: {} }

/** The pictures that the shown turns have made, oldest first, by id. */
export function madeImages({ turns }: ConversationState): Map<string, Image> {
  const images = turns.flatMap((turn) => turn.generations.flatMap((generation) => generation.images))
  return new Map(images.map((image) => [image.id, image]))
}

/** The conversation after a change. Events may repeat what a response has already brought. */
export function changeConversation(state: ConversationState, change: ConversationChange): ConversationState {
  switch (change.type) {
    case 'opened':
      return { ...emptyConversation, turns: change.session?.turns ?? [], before: change.session?.before ?? null }
    case 'earlier':
      return addEarlier(state, change.page)
    case 'created':
      return addTurn(state, change.turn)
    case 'generation':
      return addGeneration(state, change.generation)
    case 'event':
      return applyEvent(state, change.event)
    case 'progress':
      return applyProgress(state, change.progress)
  }
}

function applyEvent(state: ConversationState, { type, payload, createdAt }: LogEvent): ConversationState {
  if (type === 'turn-created') return addTurn(state, { ...payload.turn, generations: payload.generations })
  if (type === 'turn-deleted') return { ...state, turns: state.turns.filter(({ id }) => id !== payload.turnId) }
  const id = payload.generationId
  const update = (fields: Partial<GenerationSummary>) => updateGeneration(state, id, fields)
  switch (type) {
    case 'generation-queued': {
      const { attempt, position } = payload
      return { ...update({ status: 'queued', attempt, step: 0 }), positions: { ...state.positions, [id]: position } }
    }
    case 'generation-started': {
      const { attempt, steps } = payload
      return update({ status: 'running', attempt, steps, step: 0, startedAt: createdAt })
    }
    case 'generation-succeeded':
      return update({ status: 'succeeded', images: payload.images, finishedAt: createdAt })
    case 'generation-failed':
      return update({ status: 'failed', error: payload.error, finishedAt: createdAt })
    case 'generation-cancelled':
      return update({ status: 'cancelled', finishedAt: createdAt })
  }
}

function applyProgress(state: ConversationState, progress: ProgressEvent): ConversationState {
  const { generationId, step, steps, preview } = progress
  const generation = state.turns.flatMap((turn) => turn.generations).find(({ id }) => id === generationId)
  if (!generation || generation.finishedAt !== null) return state
  const next = updateGeneration(state, generationId, { status: 'running', step, steps })
  return preview ? { ...next, previews: { ...next.previews, [generationId]: preview } } : next
}

/**
 * A new turn becomes the active one, so the path ends with it. Where it branches off, what followed its parent gives way
 * and stays within reach as a sibling.
 */
function addTurn(state: ConversationState, turn: TurnWithGenerations): ConversationState {
  const { turns } = state
  if (turns.some(({ id }) => id === turn.id)) return state
  const parent = turns.findIndex(({ id }) => id === turn.parentTurnId)
  const replaced = turns[parent + 1]
  const siblings = replaced && replaced.parentTurnId === turn.parentTurnId ? replaced.siblingCount : 0
  const placed = {
    ...turn,
    generationCount: turn.generations.length,
    siblingIndex: siblings,
    siblingCount: siblings + 1,
  }
  const known = parent >= 0 || turn.parentTurnId === null
  const before = parent >= 0 ? state.before : known ? null : turn.id
  return { ...state, turns: [...turns.slice(0, parent + 1), placed], before }
}

/** Turns before the shown ones; a page of a path that is not shown any more is left out. */
function addEarlier(state: ConversationState, { data, before }: TurnPage): ConversationState {
  if (data.at(-1)?.id !== state.turns[0]?.parentTurnId) return state
  return { ...state, turns: [...data, ...state.turns], before }
}

function addGeneration(state: ConversationState, generation: GenerationSummary): ConversationState {
  const turns = state.turns.map((turn) => {
    if (turn.id !== generation.turnId || turn.generations.some(({ id }) => id === generation.id)) return turn
    return { ...turn, generations: [...turn.generations, generation] }
  })
  return { ...state, turns }
}

function updateGeneration(state: ConversationState, id: string, fields: Partial<GenerationSummary>): ConversationState {
  const turns = state.turns.map((turn) => {
    if (!turn.generations.some((generation) => generation.id === id)) return turn
    return { ...turn, generations: turn.generations.map((old) => (old.id === id ? { ...old, ...fields } : old)) }
  })
  return { ...state, turns }
}
