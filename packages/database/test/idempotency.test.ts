import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { addTurn, openFixture, type Fixture, everyTurn } from './support.js'

describe('an Idempotency-Key', () => {
  let fixture: Fixture
  let number = 0
  beforeAll(async () => {
    fixture = await openFixture()
  })
  afterAll(() => fixture.stop())

  const fresh = () => ({ route: 'POST /v1/sessions/:id/turns', key: `key-${(number += 1)}` })
  const age = (key: string, interval: string) =>
    fixture.sql(`UPDATE idempotency_keys SET created_at = created_at - interval '${interval}' WHERE key = $1`, [key])

  it('lets one of 50 equal requests go on', async () => {
    const { owner } = fixture
    const use = fresh()
    const all = await Promise.all(
      Array.from({ length: 50 }, () => owner.idempotency.begin({ ...use, requestHash: 'a' })),
    )
    assert.deepEqual(all.map(({ state }) => state).sort(), ['new', ...Array<string>(49).fill('running')])
    await owner.idempotency.finish({ ...use, status: 202, body: { turn: 1 }, resourceId: 'trn_1' })
    assert.deepEqual(await owner.idempotency.begin({ ...use, requestHash: 'a' }), {
      state: 'done',
      status: 202,
      body: { turn: 1 },
    })
    assert.deepEqual(await owner.idempotency.begin({ ...use, requestHash: 'b' }), { state: 'conflict' })
  })

  it('is not taken for one of another request when the request that has it fails and frees it', async () => {
    const { owner } = fixture
    const use = fresh()
    const states = new Set<string>()
    const failing = async () => {
      for (let round = 0; round < 15; round++) {
        const { state } = await owner.idempotency.begin({ ...use, requestHash: 'a' })
        states.add(state)
        if (state === 'new') await owner.idempotency.release(use)
      }
    }
    await Promise.all(Array.from({ length: 10 }, failing))
    assert.deepEqual([...states].sort(), ['new', 'running'])
  })

  it('stores an answer without body', async () => {
    const { owner } = fixture
    const use = fresh()
    await owner.idempotency.begin({ ...use, requestHash: 'a' })
    await owner.idempotency.finish({ ...use, status: 204, body: null, resourceId: 'ses_1' })
    assert.deepEqual(await owner.idempotency.begin({ ...use, requestHash: 'a' }), {
      state: 'done',
      status: 204,
      body: null,
    })
  })

  it('is free again when released, or seconds after its process died, or after a day', async () => {
    const { owner } = fixture
    const use = fresh()
    const begin = async () => (await owner.idempotency.begin({ ...use, requestHash: 'a' })).state
    assert.equal(await begin(), 'new')
    await owner.idempotency.release(use)
    assert.equal(await begin(), 'new')
    assert.equal(await begin(), 'running')
    await age(use.key, '15 seconds')
    await owner.idempotency.renew(use)
    await age(use.key, '15 seconds')
    assert.equal(await begin(), 'running', 'it said that it lives')
    await age(use.key, '6 seconds')
    assert.deepEqual((await Promise.all([begin(), begin(), begin()])).sort(), ['new', 'running', 'running'])
    await owner.idempotency.finish({ ...use, status: 201, body: {}, resourceId: 'ses_2' })
    assert.equal(await begin(), 'done')
    await age(use.key, '25 hours')
    assert.equal(await begin(), 'new')
  })

  it('finds the turn again whose answer was never stored', async () => {
    const { owner } = fixture
    const use = fresh()
    const session = await owner.sessions.create({})
    await owner.idempotency.begin({ ...use, requestHash: 'a' })
    const turn = await addTurn(owner, session.id, { idempotency: use })
    await owner.idempotency.release(use)
    await age(use.key, '61 seconds')
    assert.deepEqual(await owner.idempotency.begin({ ...use, requestHash: 'a' }), {
      state: 'created',
      resourceId: turn.id,
    })
  })

  it('counts who waits, tells its age, and can be forgotten with what it is bound to', async () => {
    const { owner } = fixture
    const use = fresh()
    const session = await owner.sessions.create({})
    assert.equal(await owner.idempotency.look(use), null)
    await owner.idempotency.begin({ ...use, requestHash: 'a' })
    await age(use.key, '5 seconds')
    const { ageMs, resourceId } = (await owner.idempotency.look(use))!
    assert.ok(resourceId === null && ageMs >= 5000 && ageMs < 60_000, String(ageMs))
    const turn = await addTurn(owner, session.id, { idempotency: use })
    await Promise.all(Array.from({ length: 3 }, () => owner.idempotency.join(turn.id)))
    const left = await Promise.all(Array.from({ length: 4 }, () => owner.idempotency.leave(turn.id)))
    assert.deepEqual(left.sort(), [0, 0, 1, 2])
    await owner.idempotency.forget({ ...use, resourceId: 'trn_another' })
    assert.equal((await owner.idempotency.begin({ ...use, requestHash: 'a' })).state, 'created')
    await owner.idempotency.forget({ ...use, resourceId: turn.id })
    assert.equal((await owner.idempotency.begin({ ...use, requestHash: 'a' })).state, 'new')
  })

  it('makes one turn even when its claim was taken over while the first request still ran', async () => {
    const { owner } = fixture
    const use = fresh()
    const session = await owner.sessions.create({})
    await owner.idempotency.begin({ ...use, requestHash: 'a' })
    const turns = await Promise.allSettled(
      Array.from({ length: 5 }, () => addTurn(owner, session.id, { idempotency: use })),
    )
    assert.equal(turns.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.equal((await owner.turns.page(session.id, everyTurn))?.turns.length, 1)
  })
})
