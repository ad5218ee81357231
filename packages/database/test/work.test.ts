import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { logEventSchemas, newId } from '@atelier/contracts'
import { LostClaimError } from '../src/index.js'
import { begin, claim, newImage, openFixture, paint, type Fixture } from './support.js'

describe('work', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await openFixture()
  })
  afterAll(() => fixture.stop())

  const eventsOf = async (sessionId: string) =>
    (await fixture.owner.events.list(sessionId, { afterSeq: 2 })).map(({ type }) => type)
  const pictures = () => ({
    images: [newImage('generated'), newImage('generated')],
    timings: { totalMs: 12 },
    device: 'cpu',
  })

  it('goes from queued over running to succeeded, with events', async () => {
    const { db, owner } = fixture
    const { session, generation } = await begin(owner)
    const claimed = await claim(db, generation.id)
    assert.deepEqual([claimed.attempt, claimed.seed, claimed.ownerId], [1, 1, owner.ownerId])
    assert.deepEqual(await db.work.step(claimed, 3), { cancelRequested: false })
    const running = await owner.generations.get(generation.id)
    assert.deepEqual([running?.status, running?.step, running?.attempt], ['running', 3, 1])
    const result = pictures()
    assert.equal(await db.work.succeed(claimed, result), 'succeeded')
    const ended = (await owner.generations.get(generation.id))!
    assert.equal(ended.status, 'succeeded')
    assert.deepEqual(
      ended.images.map(({ id, index }) => [id, index]),
      result.images.map(({ id }, index) => [id, index]),
    )
    assert.equal(ended.timings.totalMs, 12)
    assert.ok(ended.timings.queuedMs! >= 0 && ended.finishedAt! >= ended.startedAt!)
    assert.deepEqual(await eventsOf(session.id), ['generation-started', 'generation-succeeded'])
    const event = (await owner.events.list(session.id, { afterSeq: 2 }))[0]!
    assert.ok(logEventSchemas['generation-started'].safeParse(event.payload).success)
    assert.equal(await db.work.claim(generation.id, newId('worker')), null)
  })

  it('lets only the newest of many claims write', async () => {
    const { db, owner } = fixture
    const { session, generation } = await begin(owner)
    const claims = await Promise.all(Array.from({ length: 4 }, () => claim(db, generation.id)))
    assert.deepEqual(claims.map(({ attempt }) => attempt).sort(), [1, 2, 3, 4])
    const [newest, ...fenced] = claims.toSorted((a, b) => b.attempt - a.attempt)
    for (const old of fenced) {
      const writes = [
        () => db.work.step(old, 1),
        () => db.work.succeed(old, pictures()),
        () => db.work.cancelled(old),
        () => db.work.release(old),
        () => db.work.fail(old, { code: 'model_failed', message: '' }),
      ]
      for (const write of writes) await assert.rejects(write, LostClaimError)
    }
    const ends = await Promise.allSettled([1, 2, 3].map(() => db.work.succeed(newest!, pictures())))
    assert.equal(ends.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.equal((await owner.generations.get(generation.id))?.images.length, 2)
    assert.deepEqual(
      (await eventsOf(session.id)).filter((type) => type !== 'generation-started'),
      ['generation-succeeded'],
    )
  })

  it('ends either cancelled without images or succeeded when both happen at once', async () => {
    const { db, owner } = fixture
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const { session, generation } = await begin(owner)
        const claimed = await claim(db, generation.id)
        const cancel = () =>
          owner.generations.cancel(generation.id).then(
            () => true,
            (error: { code: string }) => error.code,
          )
        const succeed = () => db.work.succeed(claimed, pictures())
        const [cancelled, done] =
          i % 2 ? await Promise.all([cancel(), succeed()]) : (await Promise.all([succeed(), cancel()])).toReversed()
        const row = (await owner.generations.get(generation.id))!
        assert.equal(done, row.status)
        assert.deepEqual(
          [cancelled, row.images.length],
          row.status === 'cancelled' ? [true, 0] : ['not_cancellable', 2],
        )
        assert.deepEqual(await eventsOf(session.id), ['generation-started', `generation-${row.status}`])
        return row.status
      }),
    )
    assert.equal(outcomes.length, 20)
  })

  it('is cancelled at once while it waits, and by its worker while it runs', async () => {
    const { db, owner } = fixture
    const waiting = await begin(owner)
    assert.equal((await owner.generations.cancel(waiting.generation.id))?.status, 'cancelled')
    assert.equal(await db.work.claim(waiting.generation.id, newId('worker')), null)
    await assert.rejects(owner.generations.cancel(waiting.generation.id), { code: 'not_cancellable' })
    const running = await begin(owner)
    const claimed = await claim(db, running.generation.id)
    assert.equal((await owner.generations.cancel(running.generation.id))?.status, 'running')
    assert.equal((await owner.generations.cancel(running.generation.id))?.status, 'running', 'asking twice is fine')
    assert.deepEqual(await db.work.step(claimed, 1), { cancelRequested: true })
    await db.work.cancelled(claimed)
    assert.deepEqual(await eventsOf(running.session.id), ['generation-started', 'generation-cancelled'])
  })

  it('is cancelled, not run again, when its worker was lost after the request', async () => {
    const { db, owner } = fixture
    const { generation } = await begin(owner)
    await claim(db, generation.id)
    await owner.generations.cancel(generation.id)
    assert.equal(await db.work.claim(generation.id, newId('worker')), null)
    assert.equal((await owner.generations.get(generation.id))?.status, 'cancelled')
  })

  it('is retried as a new generation with another seed, the same parameters and LCU', async () => {
    const { db, owner } = fixture
    const { session, generation } = await begin(owner)
    await assert.rejects(owner.generations.retry(generation.id, 9), { code: 'not_retryable' })
    await db.work.fail(await claim(db, generation.id), { code: 'model_failed', message: 'It failed.' }, { totalMs: 1 })
    const again = (await owner.generations.retry(generation.id, 9))!
    assert.deepEqual(
      [again.status, again.turnId, again.seed, again.parameters, again.lcu, again.attempt],
      ['queued', generation.turnId, 9, generation.parameters, generation.lcu, 0],
    )
    assert.notEqual(again.id, generation.id)
    assert.deepEqual(await eventsOf(session.id), ['generation-started', 'generation-failed', 'generation-queued'])
    assert.equal((await owner.generations.get(generation.id))?.error?.message, 'It failed.')
    await owner.generations.cancel(again.id)
    assert.ok(await db.admin.retry(again.id))
  })

  it('is reproduced from its record: same turn, seed, parameters and LCU, and the picture to compare with', async () => {
    const { db, owner } = fixture
    const { generation } = await begin(owner)
    await assert.rejects(owner.generations.reproduce(generation.id), { code: 'not_reproducible' })
    const picture = await paint(db, owner, generation.id)
    const again = (await owner.generations.reproduce(generation.id))!
    const { seed, parameters, lcu, turnId, model } = generation
    assert.deepEqual(
      [again.seed, again.parameters, again.lcu, again.turnId, again.model, again.status, again.device],
      [seed, parameters, lcu, turnId, model, 'queued', null],
    )
    assert.deepEqual(again.reproduction, {
      generationId: generation.id,
      equal: null,
      differentPixels: null,
      maxDifference: null,
      sameDevice: null,
    })
    const claimed = await claim(db, again.id)
    assert.deepEqual(claimed.repeats, { generationId: generation.id, image: picture, device: 'cpu' })
    const reproduction = {
      generationId: generation.id,
      equal: true,
      differentPixels: 0,
      maxDifference: 0,
      sameDevice: true,
    }
    await db.work.succeed(claimed, { ...pictures(), reproduction })
    assert.deepEqual((await owner.generations.get(again.id))?.reproduction, reproduction)
  })

  it('finds its session deleted', async () => {
    const { db, owner } = fixture
    const { session, generation } = await begin(owner)
    const claimed = await claim(db, generation.id)
    await owner.sessions.delete(session.id)
    await assert.rejects(db.work.step(claimed, 1), LostClaimError)
    await assert.rejects(db.work.succeed(claimed, pictures()), LostClaimError)
    assert.equal(await db.work.claim(generation.id, newId('worker')), null)
  })
})
