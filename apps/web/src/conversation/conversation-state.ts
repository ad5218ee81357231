import type {
  GenerationSummary,
  Image,
  LogEvent,
  ProgressEvent,
  Session,
  SessionWithTurns,
  TurnInTree,
  TurnPage,
  TurnWithGenerations,
} from '@atelier/contracts'

/** A conversation as the page knows it. */
export interface ConversationState {
  /**
   * `opening`: not read yet. `missing`: there is none with this id, or it belongs to somebody else. `deleted`: it was open
   * until now.
   */
  status: 'opening' | 'open' | 'missing' | 'deleted'
  /** Null until it is read, and for a new conversation. */
  session: Session | null
  /** A turn that was asked for and does not exist; null: none. */
  lostTurn: string | null
  /** `seq` of the newest event that this includes: what was read before that happened is out of date. */
  lastSeq: number
  /** Whether events arrive. */
  connected: boolean
  /** The newest turns of the path that is shown, oldest first. */
  turns: TurnInTree[]
  /** Cursor of the turns before these; null: there are none. */
  before: string | null
  /** By generation id: where it stands in the queue, and when that was so. */
  places: Record<string, Place>
  /** Turns of generations that have not ended, by generation id: also of branches that are not shown. */
  underWay: Record<string, string>
  /** Generations that have ended last, and reproductions: a step of theirs is no news. */
  lastEnded: readonly string[]
  /** By generation id: the last preview, a `data:` URL. */
  previews: Record<string, string>
}

/** Where a generation stood in the queue. */
export interface Place {
  /** How many are before it; 0 = next. */
  position: number
  /** Seconds until it will have ended, from `at` on; null: not known. */
  etaSeconds: number | null
  /** In milliseconds, of `performance.now()`. */
  at: number
}

/** What changes a conversation. */
export type ConversationChange =
  /**
   * `anew`: what was known before may be out of date. Otherwise another path of the same conversation is shown; one that was
   * read before the newest event is left out.
   */
  | { type: 'opened'; session: SessionWithTurns; anew?: boolean; lostTurn?: string }
  | { type: 'missing' }
  | { type: 'connected'; connected: boolean }
  | { type: 'renamed'; title: string | null }
  | { type: 'placed'; generationId: string; place: Place }
  | { type: 'earlier'; page: TurnPage }
  | { type: 'created'; turn: TurnWithGenerations }
  | { type: 'generation'; generation: GenerationSummary }
  | { type: 'event'; event: LogEvent }
  | { type: 'progress'; progress: ProgressEvent }

/** A conversation that is not read yet. */
export const unreadConversation: ConversationState = {
  status: 'opening',
  session: null,
  lostTurn: null,
  lastSeq: 0,
  connected: true,
  turns: [],
  before: null,
  places: {},
  underWay: {},
  lastEnded: [],
  previews: {},
}

/** A picture that the conversation has made, and where. */
export interface MadePicture {
  image: Image
  turn: TurnInTree
  generation: GenerationSummary
}

const picturesOfTurn = new WeakMap<TurnInTree, MadePicture[]>()
const picturesOfTurns = new WeakMap<readonly TurnInTree[], MadePicture[]>()
let lastMade: MadePicture[] = []

function madeBy(turn: TurnInTree): MadePicture[] {
  let made = picturesOfTurn.get(turn)
  if (!made) {
    made = turn.generations.flatMap((generation) => generation.images.map((image) => ({ image, turn, generation })))
    picturesOfTurn.set(turn, made)
  }
  return made
}

/**
 * The pictures that the shown turns have made, oldest first. As long as they are the same, so is the array: a step of a
 * generation draws nothing again that shows pictures. Many components ask, so it is found out once for the same turns.
 */
export function madePictures({ turns }: Pick<ConversationState, 'turns'>): MadePicture[] {
  const known = picturesOfTurns.get(turns)
  if (known) return known
  const made = turns.flatMap(madeBy)
  if (made.length !== lastMade.length || made.some((picture, index) => picture !== lastMade[index])) lastMade = made
  picturesOfTurns.set(turns, lastMade)
  return lastMade
}

/**
 * Turns as the page shows them: without reproductions. Those repeat a picture only to compare the two, and their result is
 * told where they were asked for.
 */
export const withoutReproductions = <Turn extends TurnWithGenerations>(turns: readonly Turn[]): Turn[] =>
  turns.map((turn) => {
    const generations = turn.generations.filter(({ reproduction }) => !reproduction)
    return generations.length === turn.generations.length ? turn : { ...turn, generations }
  })

/** The conversation after a change. Events may repeat what a response has already brought. */
export function changeConversation(state: ConversationState, change: ConversationChange): ConversationState {
  switch (change.type) {
    case 'opened': {
      const { lastSeq } = change.session
      if (!change.anew && lastSeq < state.lastSeq) return state
      const { turns: all, before, after: _, ...session } = change.session
      const turns = withoutReproductions(all)
      const underWay = { ...(!change.anew && state.underWay), ...underWayIn(turns) }
      const { lostTurn = state.lostTurn } = change
      return { ...state, status: 'open', session, lostTurn, lastSeq, turns, before, underWay }
    }
    case 'missing':
      return { ...unreadConversation, status: ['open', 'deleted'].includes(state.status) ? 'deleted' : 'missing' }
    case 'connected':
      return state.connected === change.connected ? state : { ...state, connected: change.connected }
    case 'renamed':
      return state.session ? { ...state, session: { ...state.session, title: change.title } } : state
    case 'placed':
      return { ...state, places: { ...state.places, [change.generationId]: change.place } }
    case 'earlier':
      return addEarlier(state, change.page)
    case 'created':
      return addTurn(state, change.turn)
    case 'generation':
      return addGeneration(state, change.generation)
    case 'event': {
      const { seq } = change.event
      const next = applyEvent(state, change.event)
      return seq > next.lastSeq ? { ...next, lastSeq: seq } : next
    }
    case 'progress':
      return applyProgress(state, change.progress)
  }
}

function applyEvent(state: ConversationState, { type, payload, createdAt }: LogEvent): ConversationState {
  if (type === 'turn-created') return addTurn(state, { ...payload.turn, generations: payload.generations })
  if (type === 'turn-deleted') {
    const underWay = Object.fromEntries(
      Object.entries(state.underWay).filter(([, turnId]) => turnId !== payload.turnId),
    )
    return { ...state, underWay, turns: state.turns.filter(({ id }) => id !== payload.turnId) }
  }
  const id = payload.generationId
  const update = (fields: Partial<GenerationSummary>) => updateGeneration(state, id, fields)
  switch (type) {
    case 'generation-queued': {
      const { attempt, position, etaSeconds = null } = payload
      const place = { position, etaSeconds, at: performance.now() }
      const next = begun(update({ status: 'queued', attempt, step: 0 }), id, payload.turnId)
      return { ...next, places: { ...state.places, [id]: place } }
    }
    case 'generation-started': {
      const { attempt, steps } = payload
      return update({ status: 'running', attempt, steps, step: 0, startedAt: createdAt })
    }
    case 'generation-succeeded':
      return ended(update({ status: 'succeeded', images: payload.images, finishedAt: createdAt }), id)
    case 'generation-failed':
      return ended(update({ status: 'failed', error: payload.error, finishedAt: createdAt }), id)
    case 'generation-cancelled':
      return ended(update({ status: 'cancelled', finishedAt: createdAt }), id)
  }
}

const maxLastEnded = 20

/** What is only of use while a generation runs is let go. */
function ended(state: ConversationState, id: string): ConversationState {
  const { [id]: _place, ...places } = state.places
  const { [id]: _preview, ...previews } = state.previews
  const { [id]: _turn, ...underWay } = state.underWay
  return { ...state, places, previews, underWay, lastEnded: [...state.lastEnded.slice(-maxLastEnded), id] }
}

const begun = (state: ConversationState, id: string, turnId: string): ConversationState =>
  state.underWay[id] ? state : { ...state, underWay: { ...state.underWay, [id]: turnId } }

const underWayIn = (turns: readonly TurnWithGenerations[]): Record<string, string> =>
  Object.fromEntries(
    turns.flatMap(({ id, generations }) =>
      generations.filter(({ finishedAt }) => finishedAt === null).map((generation) => [generation.id, id]),
    ),
  )

function applyProgress(state: ConversationState, progress: ProgressEvent): ConversationState {
  const { generationId, step, steps, preview } = progress
  const generation = state.turns.flatMap((turn) => turn.generations).find(({ id }) => id === generationId)
  // One of a branch that is not shown.
  if (!generation) return state.lastEnded.includes(generationId) ? state : begun(state, generationId, progress.turnId)
  if (generation.finishedAt !== null) return state
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
  const underWay = { ...state.underWay, ...underWayIn([turn]) }
  return { ...state, turns: [...turns.slice(0, parent + 1), placed], before, underWay }
}

/** Turns before the shown ones; a page of a path that is not shown any more is left out. */
function addEarlier(state: ConversationState, { data, before }: TurnPage): ConversationState {
  if (data.at(-1)?.id !== state.turns[0]?.parentTurnId) return state
  return { ...state, turns: [...withoutReproductions(data), ...state.turns], before }
}

function addGeneration(state: ConversationState, generation: GenerationSummary): ConversationState {
  if (generation.reproduction) return ended(state, generation.id)
  const ends = generation.finishedAt !== null
  // It was read, or begun, before its end was heard of.
  if (!ends && state.lastEnded.includes(generation.id)) return state
  const turns = state.turns.map((turn) => {
    if (turn.id !== generation.turnId || turn.generations.some(({ id }) => id === generation.id)) return turn
    return { ...turn, generations: [...turn.generations, generation] }
  })
  return ends ? { ...state, turns } : begun({ ...state, turns }, generation.id, generation.turnId)
}

function updateGeneration(state: ConversationState, id: string, fields: Partial<GenerationSummary>): ConversationState {
  const turns = state.turns.map((turn) => {
    if (!turn.generations.some((generation) => generation.id === id)) return turn
    return { ...turn, generations: turn.generations.map((old) => (old.id === id ? { ...old, ...fields } : old)) }
  })
  return { ...state, turns }
}
