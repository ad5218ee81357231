import assert from 'node:assert/strict'
import type { Move, Outcome, State, WorkerId } from './moves.js'

const ended = new Set(['succeeded', 'failed', 'cancelled'])

/** What each move may change the status to, by the status before. */
const edges: Partial<Record<Move['name'], Record<string, string[]>>> = {
  claim: { queued: ['running'], running: ['running', 'cancelled', 'failed'] },
  step: { running: ['running'] },
  succeed: { running: ['succeeded', 'cancelled'] },
  fail: { running: ['failed'] },
  'try elsewhere': { running: ['queued', 'failed', 'cancelled'] },
  release: { running: ['queued', 'cancelled'] },
  stop: { running: ['cancelled'] },
  cancel: { queued: ['cancelled'], running: ['running'] },
}

/** The event that a change of status writes. */
const eventOf = (status: string) => `generation-${status === 'running' ? 'started' : status}`

/** Holds one move against what must be true of each: see docs/reliability.md, "What always holds". */
export function check(before: State, { actor, name }: Move, outcome: Outcome, after: State): void {
  const was = before.rows.generation
  const is = after.rows.generation
  const same = (why: string) => assert.deepEqual(after.rows, before.rows, why)

  if (outcome !== 'done' || !edges[name]) same(`${name} (${outcome}) changed something`)
  else assert.ok(edges[name][was.status]?.includes(is.status), `${name}: ${was.status} became ${is.status}`)
  if (ended.has(was.status)) same('what has ended changed')

  // the fence: only the newest attempt writes
  const held = before.held[actor as WorkerId]
  if (held && !['crash', 'claim'].includes(name)) {
    const current = was.status === 'running' && was.attempt === held.attempt
    assert.equal(outcome, current ? 'done' : 'lost', `attempt ${held.attempt} of ${was.attempt}, ${was.status}`)
  }
  const started = name === 'claim' && after.held[actor as WorkerId] !== null
  assert.equal(is.attempt, was.attempt + (started ? 1 : 0), 'the number of the attempt')

  // a wish to cancel is kept, and no picture comes after it
  if (was.cancel_requested_at) {
    assert.ok(is.cancel_requested_at, 'the wish was forgotten')
    assert.ok(!['succeeded', 'queued'].includes(is.status), `cancelled, and then ${is.status}`)
  }
  assert.equal(after.rows.images.length, is.status === 'succeeded' ? 1 : 0, 'pictures')
  assert.equal(is.status === 'failed', is.error !== null, 'its error')
  assert.equal(ended.has(is.status), is.finished_at !== null, 'its end')

  // the sweep sees what has not ended, and nothing else
  if (name === 'sweep') assert.equal(outcome, ended.has(was.status) ? 'nothing' : 'done', 'seen by the sweep')

  // one event for each change, numbered without gaps, one end
  const told = after.rows.events.slice(before.rows.events.length).map(({ type }) => type)
  const changed = started || is.status !== was.status
  assert.deepEqual(told, changed ? [eventOf(is.status)] : [], 'events')
  assert.deepEqual(
    after.rows.events.map(({ seq }) => seq),
    after.rows.events.map((_, index) => index + 1),
    'their numbers',
  )
  assert.equal(after.rows.lastSeq, after.rows.events.length, 'the number of the newest')
}
