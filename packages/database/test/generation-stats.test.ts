import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { quantile, statBounds } from '../src/queue/generation-stats.js'
import { begin, claim, openFixture, paint, type Fixture } from './support.js'

const ranges = (counts: Record<number, number>) =>
  Array.from({ length: statBounds.length + 1 }, (_, range) => counts[range] ?? 0)

describe('a quantile of ranges', () => {
  it('lies within the range that holds it, evenly', () => {
    // ten between 0.5 and 1 s, ten between 1 and 2.5 s
    const counts = ranges({ 3: 10, 4: 10 })
    assert.equal(quantile(counts, 0.25), 0.75)
    assert.equal(quantile(counts, 0.5), 1)
    assert.equal(quantile(counts, 0.75), 1.75)
    assert.equal(quantile(counts, 1), 2.5)
  })

  it('begins at nothing, and ends at the last bound', () => {
    assert.equal(quantile(ranges({ 0: 2 }), 0.5), 0.05)
    assert.equal(quantile(ranges({ [statBounds.length]: 5 }), 0.5), statBounds.at(-1))
  })
})

describe('counts of what has ended', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await openFixture()
  })
  afterAll(() => fixture.stop())

  it('count each end once, and stay the same when they are joined', async () => {
    const { db, owner, sql } = fixture
    for (let n = 0; n < 3; n++) await paint(db, owner, (await begin(owner)).generation.id)
    await owner.generations.cancel((await begin(owner)).generation.id)
    const failing = await begin(owner)
    await db.work.fail(await claim(db, failing.generation.id), { code: 'model_failed', message: 'x' })
    const counts = [
      { model: 'tiny', status: 'cancelled', code: '', count: 1 },
      { model: 'tiny', status: 'failed', code: 'model_failed', count: 1 },
      { model: 'tiny', status: 'succeeded', code: '', count: 3 },
    ]
    const sorted = async () => (await db.admin.ended()).toSorted((a, b) => a.status.localeCompare(b.status))
    assert.deepEqual(await sorted(), counts)
    // deleted generations still count
    await owner.sessions.delete(failing.session.id)
    assert.deepEqual(await sorted(), counts)

    const { points, seconds } = await db.admin.stats('hour')
    assert.deepEqual([points.length, seconds], [60, 60])
    const sum = (of: 'succeeded' | 'failed' | 'cancelled') => points.reduce((total, point) => total + point[of], 0)
    assert.deepEqual([sum('succeeded'), sum('failed'), sum('cancelled')], [3, 1, 1])
    const busy = points.filter(({ run }) => run !== null)
    assert.ok(busy.length >= 1 && busy.every(({ run, wait }) => run!.p95 >= run!.p50 && wait!.p95 >= wait!.p50))

    const rows = async () => sql<{ period: Date; count: number }>('SELECT period, count FROM generation_stats')
    for (const days of [5, 90]) {
      // each keeps its own period: ends of the same kind may lie in two minutes, whose rows would become one
      await sql(`UPDATE generation_stats SET period = period - interval '${days} days'`)
      await db.admin.joinOldStats()
      assert.deepEqual(await sorted(), counts)
      for (const { period } of await rows()) {
        assert.equal(period.getUTCMinutes(), 0)
        if (days === 90) assert.equal(period.getUTCHours(), 0)
      }
    }
  })
})

describe('the queries by which the chart scales workers', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await openFixture()
  })
  afterAll(() => fixture.stop())

  it('count what workers may take', async () => {
    const { db, owner, sql } = fixture
    const chart = new URL('../../../../infra/helm/atelier/templates/workers.yaml', import.meta.url)
    const queries = [...readFileSync(chart, 'utf8').matchAll(/query: >-\n((?: {10}.*\n)+)/g)].map(([, text]) => text!)
    assert.equal(queries.length, 2)
    const answers = () => Promise.all(queries.map(async (query) => Object.values((await sql<object>(query))[0]!)[0]))
    const queued = async (model: string, secondsAgo: number) => {
      const { id } = (await begin(owner, { model })).generation
      await sql('UPDATE generations SET queued_at = now() - make_interval(secs => $2) WHERE id = $1', [id, secondsAgo])
      return id
    }

    await claim(db, await queued('tiny', 0))
    const parked = await queued('tiny', 3000)
    await db.admin.park(parked)
    await queued('other', 2000)
    await db.admin.pauseModel('other')
    assert.deepEqual(await answers(), ['1', 0])
    await queued('tiny', 1000)
    const [count, wait] = await answers()
    assert.equal(count, '2')
    assert.ok(Number(wait) >= 1000 && Number(wait) < 2000, `${wait}`)
    await db.admin.resumeModel('other')
    await db.admin.unpark(parked)
    assert.equal((await answers())[0], '4')
  })
})
