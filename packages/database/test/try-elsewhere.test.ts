import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from '@jest/globals'
import { newId, type Failure, type WorkerReport } from '@atelier/contracts'
import { LostClaimError } from '../src/index.js'
import { begin, claim, newImage, openFixture, type Fixture } from './support.js'

const failure: Failure = { code: 'model_failed', message: 'It failed.' }

describe('a generation that fails or loses its worker', () => {
  let fixture: Fixture
  beforeEach(async () => {
    fixture = await openFixture()
  })
  afterEach(() => fixture.stop())

  const eventsOf = async (sessionId: string) =>
    (await fixture.owner.events.list(sessionId, { afterSeq: 2 })).map(({ type }) => type)
  const read = async (id: string) => (await fixture.owner.generations.get(id))!
  const report = (id: string, state: WorkerReport['state'] = 'ready', models = ['tiny']) =>
    fixture.db.work.report({
      id,
      state,
      device: 'cpu',
      deviceRequested: 'cpu',
      deviceFallback: null,
      loading: null,
      unhealthyReason: null,
      models,
      hostname: 'h',
      pid: 1,
      generationId: null,
      startedAt: new Date().toISOString(),
    })
  const succeed = async (id: string) =>
    fixture.db.work.succeed(await claim(fixture.db, id), {
      images: [newImage('generated')],
      timings: {},
      device: 'cpu',
    })

  it('fails with worker_lost after five lost starts; released ones do not count', async () => {
    const { db, owner } = fixture
    const { session, generation } = await begin(owner)
    const next = () => db.work.claim(generation.id, newId('worker'))
    await db.work.release((await next())!)
    await db.work.release((await next())!)
    assert.equal((await read(generation.id)).status, 'queued')
    for (const attempt of [3, 4, 5, 6, 7]) assert.equal((await next())?.attempt, attempt)
    assert.equal(await next(), null)
    const row = await read(generation.id)
    assert.deepEqual([row.status, row.error?.code], ['failed', 'worker_lost'])
    assert.deepEqual(await eventsOf(session.id), [
      'generation-started',
      'generation-queued',
      'generation-started',
      'generation-queued',
      ...Array.from({ length: 5 }, () => 'generation-started'),
      'generation-failed',
    ])
  })

  it('is excused losses that others bore and then succeeded, up to twenty starts', async () => {
    const { db, owner } = fixture
    const startsOf = async (id: string) => {
      for (let starts = 0; ; starts += 1) if (!(await db.work.claim(id, newId('worker')))) return starts
    }
    const bear = async (losses: number) => {
      const { generation } = await begin(owner)
      for (let lost = 0; lost < losses; lost += 1) await claim(db, generation.id)
      await succeed(generation.id)
    }
    assert.equal(await startsOf((await begin(owner)).generation.id), 5, 'a failed one excuses nobody')
    await bear(1)
    await bear(2)
    assert.equal(await startsOf((await begin(owner)).generation.id), 8)
    for (let i = 0; i < 4; i += 1) await bear(4)
    assert.equal(await startsOf((await begin(owner)).generation.id), 20)
  })

  it('goes to another worker when it failed on one, and fails after three', async () => {
    const { db, owner } = fixture
    const workers = [newId('worker'), newId('worker'), newId('worker'), newId('worker')] as const
    for (const id of workers) await report(id)
    const { session, generation } = await begin(owner)
    for (const [index, worker] of workers.slice(0, 3).entries()) {
      for (const tried of workers.slice(0, index))
        await assert.rejects(db.work.claim(generation.id, tried), { name: 'ClaimTooEarlyError', retryMs: 1000 })
      const claimed = (await db.work.claim(generation.id, worker))!
      assert.equal(await db.work.tryElsewhere(claimed, worker, failure), index < 2 ? 'queued' : 'ended')
      await assert.rejects(db.work.tryElsewhere(claimed, worker, failure), LostClaimError)
    }
    const row = await read(generation.id)
    assert.deepEqual([row.status, row.attempt, row.error], ['failed', 3, failure])
    assert.deepEqual(await eventsOf(session.id), [
      'generation-started',
      'generation-queued',
      'generation-started',
      'generation-queued',
      'generation-started',
      'generation-failed',
    ])
  })

  it('is tried again where it failed when nobody else could: they are unhealthy, silent or lack the model', async () => {
    const { db, owner, sql } = fixture
    const [worker, silent] = [newId('worker'), newId('worker')]
    await report(worker)
    await report(newId('worker'), 'unhealthy')
    await report(newId('worker'), 'stopping')
    await report(newId('worker'), 'ready', ['other'])
    await report(silent)
    await sql(`UPDATE workers SET last_seen_at = now() - interval '31 s' WHERE id = $1`, [silent])
    const { generation } = await begin(owner)
    const first = (await db.work.claim(generation.id, worker))!
    assert.equal(await db.work.tryElsewhere(first, worker, failure), 'queued')
    const second = (await db.work.claim(generation.id, worker))!
    assert.equal(await db.work.tryElsewhere(second, worker, failure), 'ended')
    const row = await read(generation.id)
    assert.deepEqual([row.status, row.attempt], ['failed', 2])
  })

  it('is left to the others for 15 s, not for ever', async () => {
    const { db, owner, sql } = fixture
    const worker = newId('worker')
    await report(newId('worker'), 'busy')
    const { generation } = await begin(owner)
    await db.work.tryElsewhere((await db.work.claim(generation.id, worker))!, worker, failure)
    await assert.rejects(db.work.claim(generation.id, worker), { name: 'ClaimTooEarlyError' })
    await sql(`UPDATE generations SET queued_at = now() - interval '15 s' WHERE id = $1`, [generation.id])
    assert.equal((await db.work.claim(generation.id, worker))?.attempt, 2)
  })

  it('counts as lost when its process was, and ends cancelled when somebody has asked for that', async () => {
    const { db, owner } = fixture
    const worker = newId('worker')
    const { generation } = await begin(owner)
    const lost: Failure = { code: 'worker_lost', message: 'It was lost.' }
    for (const end of ['queued', 'queued', 'queued', 'queued', 'ended'])
      assert.equal(await db.work.tryElsewhere(await claim(db, generation.id), worker, lost), end)
    assert.equal((await read(generation.id)).error?.code, 'worker_lost')
    const other = await begin(owner)
    const claimed = await claim(db, other.generation.id)
    await owner.generations.cancel(other.generation.id)
    assert.equal(await db.work.tryElsewhere(claimed, worker, failure), 'ended')
    assert.equal((await read(other.generation.id)).status, 'cancelled')
  })
})
