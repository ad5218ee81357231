import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import type { GenerationSummary, Image, LogEvent, SessionWithTurns, TurnInTree } from '@atelier/contracts'
import {
  changeConversation,
  madePictures,
  unreadConversation,
  type ConversationState,
} from '../src/conversation/conversation-state.js'

const time = '2026-01-02T03:04:05.678Z'
const generation = (id: string, turnId: string, fields: Partial<GenerationSummary> = {}) =>
  ({
    id,
    turnId,
    sessionId: 's',
    status: 'queued',
    attempt: 0,
    step: 0,
    steps: 4,
    images: [],
    finishedAt: null,
    createdAt: time,
    ...fields,
  }) as unknown as GenerationSummary
const turn = (id: string, parentTurnId: string | null, fields: Partial<TurnInTree> = {}) =>
  ({
    id,
    parentTurnId,
    instruction: id,
    images: [],
    generations: [generation(`g-${id}`, id)],
    generationCount: 1,
    siblingCount: 1,
    siblingIndex: 0,
    ...fields,
  }) as unknown as TurnInTree
const read = (lastSeq: number, ...turns: TurnInTree[]) =>
  ({ id: 's', lastSeq, turns, before: null, after: null }) as unknown as SessionWithTurns
const opened = (...turns: TurnInTree[]): ConversationState =>
  changeConversation(unreadConversation, {
    type: 'opened',
    session: read(1, ...turns),
  })
const heard = (state: ConversationState, type: LogEvent['type'], payload: object): ConversationState =>
  changeConversation(state, { type: 'event', event: { type, seq: 1, createdAt: time, payload } as unknown as LogEvent })
const newest = ({ turns }: ConversationState) => turns.at(-1)!.generations.at(-1)!

describe('a conversation', () => {
  it('follows a generation from the queue to its picture, and lets go of its place and preview', () => {
    const of = { generationId: 'g-1', turnId: '1' }
    let state = heard(opened(turn('1', null)), 'generation-queued', { ...of, attempt: 0, position: 3, etaSeconds: 9 })
    assert.deepEqual([state.places['g-1']?.position, state.places['g-1']?.etaSeconds], [3, 9])
    state = heard(state, 'generation-started', { ...of, attempt: 1, steps: 8 })
    const progress = { ...of, sessionId: 's', attempt: 1, step: 2, steps: 8, preview: 'data:' }
    state = changeConversation(state, { type: 'progress', progress } as never)
    assert.deepEqual([newest(state).step, state.previews['g-1']], [2, 'data:'])
    state = heard(state, 'generation-succeeded', { ...of, images: [{ id: 'i' } as Image] })
    assert.deepEqual([state.places, state.previews], [{}, {}])
    assert.equal(madePictures(state)[0]?.image.id, 'i')
    // A step that comes late changes nothing.
    assert.equal(changeConversation(state, { type: 'progress', progress } as never), state)
  })

  it('is missing when it was never there, and deleted when it was', () => {
    assert.equal(changeConversation(unreadConversation, { type: 'missing' }).status, 'missing')
    const deleted = changeConversation(opened(turn('1', null)), { type: 'missing' })
    assert.deepEqual([deleted.status, deleted.turns], ['deleted', []])
    assert.equal(changeConversation(deleted, { type: 'missing' }).status, 'deleted')
  })

  it('begins again after its worker was lost', () => {
    const of = { generationId: 'g-1', turnId: '1' }
    let state = heard(opened(turn('1', null)), 'generation-started', { ...of, attempt: 1, steps: 8 })
    state = heard(state, 'generation-queued', { ...of, attempt: 1, position: 0 })
    assert.deepEqual([newest(state).status, newest(state).step], ['queued', 0])
  })

  it('shows a new branch in place of what followed its parent, and counts the versions', () => {
    const state = changeConversation(opened(turn('1', null), turn('2', '1'), turn('3', '2')), {
      type: 'created',
      turn: turn('4', '1'),
    })
    assert.deepEqual(
      state.turns.map(({ id }) => id),
      ['1', '4'],
    )
    assert.deepEqual([newest(state).turnId, state.turns[1]!.siblingIndex, state.turns[1]!.siblingCount], ['4', 1, 2])
    // The response and the event tell the same.
    assert.equal(heard(state, 'turn-created', { turn: turn('4', '1'), generations: [] }), state)
  })

  it('knows what is under way in a branch that is not shown any more', () => {
    const onePath = opened(turn('1', null, { generations: [] }), turn('2', '1'))
    let state = changeConversation(onePath, { type: 'created', turn: turn('3', '1') })
    assert.deepEqual(state.underWay, { 'g-2': '2', 'g-3': '3' })
    state = heard(state, 'generation-failed', { generationId: 'g-2', turnId: '2', error: {} })
    assert.deepEqual(state.underWay, { 'g-3': '3' })
    const late = { type: 'progress', progress: { generationId: 'g-2', turnId: '2' } } as never
    assert.equal(changeConversation(state, late), state)
    state = changeConversation(state, { type: 'progress', progress: { generationId: 'g-9', turnId: '9' } } as never)
    assert.deepEqual(state.underWay, { 'g-3': '3', 'g-9': '9' })
    assert.deepEqual(heard(state, 'turn-deleted', { turnId: '9' }).underWay, { 'g-3': '3' })
  })

  it('leaves out reproductions, however it hears of them', () => {
    const reproduction = { generationId: 'g-1', equal: null }
    const again = generation('g-2', '1', { reproduction } as never)
    const begun = opened(turn('1', null, { generations: [generation('g-1', '1'), again] }))
    let state = heard(begun, 'generation-queued', { generationId: 'g-2', turnId: '1', attempt: 0, position: 0 })
    state = changeConversation(state, { type: 'generation', generation: again })
    const progress = { generationId: 'g-2', turnId: '1', step: 1, steps: 4 }
    state = changeConversation(state, { type: 'progress', progress } as never)
    state = heard(state, 'generation-succeeded', { generationId: 'g-2', turnId: '1', images: [{ id: 'i' } as Image] })
    for (const { turns, underWay } of [begun, state]) {
      assert.deepEqual(
        turns[0]!.generations.map(({ id }) => id),
        ['g-1'],
      )
      assert.deepEqual(underWay, { 'g-1': '1' })
    }
    assert.deepEqual([state.places, madePictures(state)], [{}, []])
  })

  it('does not go back to what was read before the newest event, unless all begins anew', () => {
    const turns = [turn('1', null)]
    const images = [{ id: 'i' } as Image]
    const event = { type: 'generation-succeeded', seq: 5, createdAt: time, payload: { generationId: 'g-1', images } }
    const state = changeConversation(opened(...turns), { type: 'event', event: event as unknown as LogEvent })
    assert.equal(changeConversation(state, { type: 'opened', session: read(4, ...turns) }), state)
    const fresh = turn('1', null, { generations: [generation('g-1', '1', { status: 'succeeded', finishedAt: time })] })
    assert.equal(changeConversation(state, { type: 'opened', session: read(5, fresh) }).turns[0], fresh)
    const restored = changeConversation(state, { type: 'opened', session: read(2, ...turns), anew: true })
    assert.deepEqual([newest(restored).status, restored.lastSeq], ['queued', 2])
  })

  it('leaves out a run that was read before its end was heard of', () => {
    const of = { generationId: 'g-2', turnId: '1' }
    const state = heard(heard(opened(turn('1', null)), 'generation-queued', of), 'generation-cancelled', of)
    assert.equal(changeConversation(state, { type: 'generation', generation: generation('g-2', '1') }), state)
    const ended = generation('g-2', '1', { status: 'cancelled', finishedAt: time })
    const { turns, underWay } = changeConversation(state, { type: 'generation', generation: ended })
    assert.deepEqual([turns[0]!.generations.length, underWay], [2, { 'g-1': '1' }])
  })

  it('adds earlier turns only to the path that they belong to', () => {
    const state = opened(turn('2', '1'))
    const page = { data: [turn('1', null)], before: null, after: null }
    assert.equal(changeConversation(state, { type: 'earlier', page }).turns.length, 2)
    assert.equal(changeConversation(opened(turn('9', '8')), { type: 'earlier', page }).turns.length, 1)
  })

  it('gives the same pictures for the same turns, so that nothing is drawn again for a step', () => {
    const state = opened(turn('1', null))
    assert.equal(madePictures(state), madePictures(changeConversation(state, { type: 'connected', connected: false })))
  })
})
