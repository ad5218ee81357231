import type {
  Generation,
  Image,
  LogEvent,
  ProgressEvent,
  SessionWithTurns,
  TurnWithGenerations,
} from '@atelier/contracts'

/** A conversation as the page knows it. */
export interface ConversationState {
  turns: TurnWithGenerations[]
  /** By generation id: how many are before it in the queue. */
  positions: Record<string, number>
  /** By generation id: the last preview, a `data:` URL. */
  previews: Record<string, string>
}

/** What changes a conversation. */
export type ConversationChange =
  | { type: 'opened'; session: SessionWithTurns | null }
  | { type: 'created'; turn: TurnWithGenerations }
  | { type: 'generation'; generation: Generation }
  | { type: 'event'; event: LogEvent }
  | { type: 'progress'; progress: ProgressEvent }

/** A conversation without turns. */
export const emptyConversation: ConversationState = { turns: [], positions: {}, previews: {} }

/** The pictures that the conversation has made, oldest first, by id. */
export function madeImages({ turns }: ConversationState): Map<string, Image> {
  const images = turns.flatMap((turn) => turn.generations.flatMap((generation) => generation.images))
  return new Map(images.map((image) => [image.id, image]))
}

/** The conversation after a change. Events may repeat what a response has already brought. */
export function changeConversation(state: ConversationState, change: ConversationChange): ConversationState {
  switch (change.type) {
    case 'opened':
      return { ...emptyConversation, turns: change.session?.turns ?? [] }
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
  const update = (fields: Partial<Generation>) => updateGeneration(state, id, fields)
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

function addTurn(state: ConversationState, turn: TurnWithGenerations): ConversationState {
  return state.turns.some(({ id }) => id === turn.id) ? state : { ...state, turns: [...state.turns, turn] }
}

function addGeneration(state: ConversationState, generation: Generation): ConversationState {
  const turns = state.turns.map((turn) => {
    if (turn.id !== generation.turnId || turn.generations.some(({ id }) => id === generation.id)) return turn
    return { ...turn, generations: [...turn.generations, generation] }
  })
  return { ...state, turns }
}

function updateGeneration(state: ConversationState, id: string, fields: Partial<Generation>): ConversationState {
  const turns = state.turns.map((turn) => {
    if (!turn.generations.some((generation) => generation.id === id)) return turn
    return { ...turn, generations: turn.generations.map((old) => (old.id === id ? { ...old, ...fields } : old)) }
  })
  return { ...state, turns }
}
