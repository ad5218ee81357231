import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { newId, type ArchivedGeneration, type ArchivedTurn } from '@atelier/contracts'
import { newImage, openFixture, parameters, use, type Fixture } from './support.js'

let fixture: Fixture
beforeAll(async () => {
  fixture = await openFixture()
})
afterAll(() => fixture.stop())

const at = (minute: number) => `2025-03-01T10:0${minute}:00.123Z`
const turnOf = (minute: number, parentTurnId: string | null, images: ArchivedTurn['images'] = []): ArchivedTurn => ({
  id: newId('turn'),
  parentTurnId,
  instruction: 'a red ball',
  images,
  history: { mode: 'lineage' },
  createdAt: at(minute),
})
const generationOf = (turnId: string, changes: Partial<ArchivedGeneration>): ArchivedGeneration => ({
  id: newId('generation'),
  turnId,
  status: 'succeeded',
  attempt: 1,
  step: 4,
  seed: 4294967295,
  model: 'tiny',
  parameters,
  lcu: [{ turnId, instruction: 'a red ball', images: [] }],
  historyDropped: [],
  timings: { totalMs: 5 },
  device: 'cpu',
  reproduction: null,
  error: null,
  createdAt: at(1),
  startedAt: at(2),
  finishedAt: at(3),
  ...changes,
})

/** Two turns, three generations, one made image. */
async function example() {
  const used = await fixture.owner.images.create(newImage())
  const first = turnOf(1, null, [use(used.id)])
  const second = turnOf(4, first.id)
  const made = generationOf(first.id, {})
  const error = { code: 'model_failed' as const, message: 'It failed.' }
  const failed = generationOf(first.id, { createdAt: at(2), status: 'failed', error, device: null })
  const cancelled = generationOf(second.id, { status: 'cancelled', startedAt: null, device: null })
  return {
    session: { id: newId('session'), title: 'Old', activeTurnId: first.id, createdAt: at(0), updatedAt: at(5) },
    turns: [first, second],
    generations: [made, failed, cancelled],
    images: [{ ...newImage('generated'), generationId: made.id, index: 0, createdAt: at(3) }],
  }
}

describe('a restored session', () => {
  it('has every row as it was', async () => {
    const restored = await example()
    const { id } = restored.session
    const session = await fixture.owner.sessions.restore(restored)
    assert.deepEqual(session, { ...restored.session, lastSeq: 5 })
    const content = (await fixture.owner.content.outline(id))!
    const steps = parameters.steps
    const generations = restored.generations.map((generation) => ({
      ...generation,
      sessionId: id,
      steps,
      priority: 'interactive',
      queueTag: 0,
      images: restored.images.filter((i) => i.generationId === generation.id),
    }))
    assert.deepEqual(
      await fixture.owner.content.turns(content.turnIds),
      restored.turns.map((turn) => ({ ...turn, sessionId: id })),
    )
    const rows = await fixture.owner.content.generations(content.generationIds)
    assert.deepEqual(
      rows,
      restored.turns.flatMap((turn) => generations.filter((g) => g.turnId === turn.id)),
    )
  })

  it('has a log of its own, gapless, whose numbers are those of its turns', async () => {
    const restored = await example()
    const { id } = restored.session
    await fixture.owner.sessions.restore(restored)
    const events = await fixture.owner.events.list(id, { afterSeq: 0 })
    assert.deepEqual(
      events.map(({ seq, type }) => [seq, type]),
      [
        [1, 'turn-created'],
        [2, 'generation-succeeded'],
        [3, 'generation-failed'],
        [4, 'turn-created'],
        [5, 'generation-cancelled'],
      ],
    )
    assert.deepEqual(events[1]!.payload.images, restored.images)
    assert.deepEqual(events[2]!.payload.error, restored.generations[1]!.error)
    const turns = await fixture.sql<{ seq: number }>('SELECT seq FROM turns WHERE session_id = $1 ORDER BY seq', [id])
    assert.deepEqual(
      turns.map(({ seq }) => seq),
      [1, 4],
    )
  })

  it('is made whole or not at all', async () => {
    const restored = await example()
    const twice = { ...restored, images: [restored.images[0]!, { ...restored.images[0]!, id: newId('image') }] }
    await assert.rejects(fixture.owner.sessions.restore(twice))
    assert.equal(await fixture.owner.sessions.get(restored.session.id), null)
    assert.equal(await fixture.owner.images.get(restored.images[0]!.id), null)
  })

  it('is bound to the Idempotency-Key of its request', async () => {
    const key = { route: 'POST /v1/sessions/import', key: 'k' }
    await fixture.owner.idempotency.begin({ ...key, requestHash: 'h' })
    const restored = await example()
    await fixture.owner.sessions.restore({ ...restored, idempotency: key })
    assert.deepEqual(await fixture.owner.idempotency.begin({ ...key, requestHash: 'h' }), {
      state: 'created',
      resourceId: restored.session.id,
    })
  })
})
