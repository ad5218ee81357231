import { isTerminal } from '@atelier/contracts'
import type { ClientLog } from '../drive/client-log.js'
import type { State, StoredEvent } from './state.js'

/** One thing that must not be. */
export interface Violation {
  /** `I1` … `I9`, as in docs/reliability.md; `suite`: a scenario could not do what it should. */
  invariant: keyof typeof invariants | 'suite'
  /** What is wrong, with the ids of the rows. */
  what: string
}

/** What a check looks at. */
export interface Evidence {
  state: State
  log: Pick<ClientLog, 'hearings' | 'acknowledged' | 'made' | 'foreignReads' | 'givenUp'>
}

const terminal = new Set(['generation-succeeded', 'generation-failed', 'generation-cancelled'])
const imagesPer = (count: number) => `${count} ${count === 1 ? 'image' : 'images'}`

function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string | null): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    if (key === null) continue
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}

/** I1: each acknowledged turn is there, and each of its generations has ended exactly once. */
function* endsOnce({ state, log }: Evidence): Iterable<string> {
  const turns = new Set(state.turns.map(({ id }) => id))
  const generations = new Map(state.generations.map((generation) => [generation.id, generation]))
  const endings = groupBy(
    state.events.filter(({ type }) => terminal.has(type)),
    ({ generationId }) => generationId,
  )
  for (const { turnId, generationIds } of log.acknowledged) {
    if (!turns.has(turnId)) yield `lost: the turn ${turnId} was acknowledged and is not there`
    for (const id of generationIds)
      if (!generations.has(id)) yield `lost: the generation ${id} was acknowledged and is not there`
  }
  for (const { id, status, attempt } of generations.values()) {
    const count = endings.get(id)?.length ?? 0
    if (!isTerminal(status)) yield `lost: the generation ${id} is still ${status}, attempt ${attempt}`
    if (isTerminal(status) && count === 0) yield `lost: no event tells of the end of ${id}, which is ${status}`
    if (count > 1) yield `doubled: ${count} events tell of the end of ${id}`
  }
  for (const id of state.queued) {
    const generation = generations.get(id)
    if (generation && isTerminal(generation.status)) yield `the queue still has a job for ${id}, which has ended`
  }
}

/** I2: one image for each success, its objects present and what the row says. */
function* imagesAreThere({ state }: Evidence): Iterable<string> {
  const byGeneration = groupBy(state.images, ({ generationId }) => generationId)
  for (const { id, status } of state.generations) {
    if (status !== 'succeeded') continue
    const images = byGeneration.get(id) ?? []
    if (images.length === 0) yield `lost: ${id} succeeded and has no image`
    if (images.length > 1) yield `doubled: ${id} has ${imagesPer(images.length)}`
  }
  for (const { id, generationId, objectKey, thumbnailKey, sha256 } of state.images) {
    const hash = state.objects.get(objectKey)
    if (hash === undefined) yield `lost: the object ${objectKey} of ${id} (${generationId}) is not there`
    else if (hash !== sha256) yield `the object ${objectKey} is not what the row ${id} says`
    if (!state.objects.has(thumbnailKey)) yield `lost: the thumbnail ${thumbnailKey} of ${id} is not there`
  }
}

/** I3: nothing was made for what was cancelled or failed. */
function* nothingForCancelled({ state }: Evidence): Iterable<string> {
  const byGeneration = groupBy(state.images, ({ generationId }) => generationId)
  for (const { id, status } of state.generations) {
    const images = byGeneration.get(id)?.length ?? 0
    if ((status === 'cancelled' || status === 'failed') && images > 0)
      yield `${id} is ${status} and has ${imagesPer(images)}`
  }
}

/** I4: the numbers of a session's events have no gap, in its log and at every client, and every end was heard. */
function* numbersHaveNoGaps({ state, log }: Evidence): Iterable<string> {
  const stored = groupBy(state.events, ({ sessionId }) => sessionId)
  for (const { id, lastSeq } of state.sessions) {
    const seqs = (stored.get(id) ?? []).map(({ seq }) => seq).sort((a, b) => a - b)
    const wrong = seqs.findIndex((seq, index) => seq !== index + 1)
    if (wrong >= 0) yield `gap: the log of ${id} has no event ${wrong + 1}`
    else if (seqs.length !== lastSeq) yield `gap: ${id} says ${lastSeq} events and has ${seqs.length}`
  }
  const lastSeqs = new Map(state.sessions.map(({ id, lastSeq }) => [id, lastSeq]))
  for (const { sessionId, how, events } of log.hearings) {
    const wrong = events.findIndex(({ seq }, index) => seq !== index + 1)
    if (wrong >= 0) {
      const before = events[wrong - 1]?.seq ?? 0
      yield `out of order: over ${how} the client of ${sessionId} heard ${events[wrong]!.seq} after ${before}`
      continue
    }
    const last = lastSeqs.get(sessionId) ?? 0
    if (events.length < last)
      yield `gap: over ${how} the client of ${sessionId} heard ${events.length} of ${last} events`
    const log = new Map((stored.get(sessionId) ?? []).map((event) => [event.seq, event]))
    const other = events.find(({ seq, type }) => log.has(seq) && log.get(seq)!.type !== type)
    if (other)
      yield `the client of ${sessionId} heard ${other.type} as ${other.seq}, which is ${log.get(other.seq)!.type}`
  }
}

/** I5: the same key made the same turn, and no two keys did. */
function* keysMakeOneTurn({ state, log }: Evidence): Iterable<string> {
  for (const [key, made] of groupBy(log.made, ({ key }) => key)) {
    const turns = new Set(made.map(({ turnId }) => turnId))
    if (turns.size > 1) yield `doubled: the key ${key} made ${[...turns].join(' and ')}`
  }
  const told = new Set(log.made.map(({ turnId }) => turnId))
  const heard = new Set(log.hearings.map(({ sessionId }) => sessionId))
  const untold = state.turns.filter(({ id, sessionId }) => heard.has(sessionId) && !told.has(id))
  // a creation that its client gave up may have made one turn, which nobody was told of
  const givenUp = log.givenUp.filter((call) => call.endsWith('/turns')).length
  for (const { id } of untold.slice(givenUp)) yield `doubled: no client was told of the turn ${id}`
}

/** I6: what belongs to another owner is not there. */
function* nothingOfOthers({ state, log }: Evidence): Iterable<string> {
  for (const { path, status } of log.foreignReads)
    if (status !== 404) yield `leaked: ${path} of another owner was answered ${status}`
  const owners = new Map(state.sessions.map(({ id, ownerId }) => [id, ownerId]))
  for (const { id, sessionId, ownerId } of [...state.generations, ...state.turns])
    if (owners.get(sessionId) !== ownerId) yield `leaked: ${id} is not of the owner of its session`
}

/** I7: no object without a row, once the sweep has run. */
function* noOrphans({ state }: Evidence): Iterable<string> {
  for (const key of state.orphans) yield `orphan: no row names the object ${key}`
}

const after: Record<string, readonly string[]> = {
  '': ['generation-queued'],
  'generation-queued': ['generation-started', 'generation-cancelled', 'generation-failed'],
  'generation-started': [
    'generation-queued',
    'generation-started',
    'generation-succeeded',
    'generation-failed',
    'generation-cancelled',
  ],
}

/** Why a generation's events are no way through its states; undefined when they are. */
function illegalEdge(events: readonly StoredEvent[]): string | undefined {
  let [last, attempt] = ['', 0]
  for (const event of events) {
    if (!after[last]?.includes(event.type)) return `${event.type} after ${last || 'nothing'}`
    if (event.type === 'generation-started') {
      if (event.attempt !== attempt + 1) return `attempt ${event.attempt} after attempt ${attempt}`
      attempt += 1
    }
    last = event.type
  }
  return undefined
}

/** I8: only legal changes of state, and attempts counted one by one. */
function* edgesAreLegal({ state }: Evidence): Iterable<string> {
  const ordered = [...state.events].sort((a, b) => a.seq - b.seq)
  const byGeneration = groupBy(ordered, ({ generationId }) => generationId)
  for (const [id, events] of byGeneration) {
    const why = illegalEdge(events)
    if (why) yield `${id}: ${why}`
  }
  for (const { id, attempt } of state.generations) {
    const started = (byGeneration.get(id) ?? []).filter(({ type }) => type === 'generation-started').length
    if (started !== attempt) yield `${id} says attempt ${attempt}, and was started ${started} times`
  }
}

/** I9: what an owner's limits count is what there is. */
function* useIsRight({ state }: Evidence): Iterable<string> {
  const images = groupBy(state.images, ({ ownerId }) => ownerId)
  const sessions = groupBy(state.sessions, ({ ownerId }) => ownerId)
  for (const { ownerId, used } of state.uses) {
    const own = images.get(ownerId) ?? []
    const there = {
      images: own.length,
      bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
      waiting: 0,
      running: 0,
      sessions: sessions.get(ownerId)?.length ?? 0,
    }
    for (const name of Object.keys(there) as (keyof typeof there)[])
      if (used[name] !== there[name]) yield `${ownerId} is said to use ${used[name]} ${name}, and has ${there[name]}`
  }
}

/** What holds whatever breaks, by its number in docs/reliability.md. */
export const invariants = {
  I1: endsOnce,
  I2: imagesAreThere,
  I3: nothingForCancelled,
  I4: numbersHaveNoGaps,
  I5: keysMakeOneTurn,
  I6: nothingOfOthers,
  I7: noOrphans,
  I8: edgesAreLegal,
  I9: useIsRight,
} satisfies Record<string, (evidence: Evidence) => Iterable<string>>

/** Everything that is wrong. */
export function check(evidence: Evidence): Violation[] {
  return Object.entries(invariants).flatMap(([name, find]) =>
    [...find(evidence)].map((what) => ({ invariant: name as Violation['invariant'], what })),
  )
}
