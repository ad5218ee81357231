import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { newId } from '@atelier/contracts'
import { seededRandom } from '@atelier/testing'
import { estimateStart } from '../src/queue/queue-place.js'
import { addTurn, begin, claim, openFixture, paint, parameters, type Fixture } from './support.js'

describe('the estimate of a start', () => {
  it('lets each place take the next one as soon as it is free', () => {
    assert.equal(estimateStart({ running: [], ahead: [], places: 2 }), 0)
    assert.equal(estimateStart({ running: [300, 100], ahead: [], places: 2 }), 100)
    assert.equal(estimateStart({ running: [300, 100], ahead: [{ ms: 1000, count: 1 }], places: 2 }), 300)
    assert.equal(estimateStart({ running: [300], ahead: [{ ms: 1000, count: 5 }], places: 1 }), 5300)
    assert.equal(estimateStart({ running: [], ahead: [{ ms: 10, count: 3001 }], places: 3 }), 10_000)
    assert.equal(estimateStart({ running: [100], ahead: [], places: 0 }), null)
  })

  it('is that of places which are looked at one by one, and takes no time with many of them', () => {
    const random = seededRandom(3)
    const whole = (most: number) => Math.floor(random() * most)
    for (let round = 0; round < 200; round += 1) {
      const places = 1 + whole(12)
      const running = Array.from({ length: whole(places + 1) }, () => whole(5000))
      const ahead = Array.from({ length: whole(5) }, () => ({ ms: whole(3000), count: whole(places) }))
      const free = [...running, ...Array.from({ length: places - running.length }, () => 0)]
      for (const { ms, count } of ahead) for (let n = 0; n < count; n += 1) free[free.indexOf(Math.min(...free))]! += ms
      assert.equal(estimateStart({ running, ahead, places }), Math.min(...free))
    }
    const ahead = Array.from({ length: 30 }, (_, n) => ({ ms: 1000 + 37 * n, count: 799 + 1600 * n }))
    const before = process.cpuUsage()
    estimateStart({ running: [], ahead, places: 1600 })
    const ms = process.cpuUsage(before).user / 1000
    assert.ok(ms < 200, `${ms} ms`)
  })

  it('is within 30 % of what happens, at the median, with times that spread', () => {
    // times as recorded: lognormal about each kind's mean; the estimate knows the means alone
    const random = seededRandom(7)
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    const kinds = [700, 2_500, 12_000]
    const errors = Array.from({ length: 300 }, (_, n) => {
      const places = 1 + (n % 4)
      const jobs = Array.from({ length: 1 + Math.floor(random() * 40) }, () => kinds[Math.floor(random() * 3)]!)
      const free = Array.from({ length: places }, () => 0)
      for (const ms of jobs) {
        free.sort((a, b) => a - b)
        free[0]! += ms * Math.exp(0.3 * normal())
      }
      const own = kinds[n % 3]!
      const happened = Math.min(...free) + own * Math.exp(0.3 * normal())
      const ahead = kinds.map((ms) => ({ ms, count: jobs.filter((job) => job === ms).length }))
      return Math.abs(estimateStart({ running: [], ahead, places })! + own - happened) / happened
    }).sort((a, b) => a - b)
    const median = errors[150]!
    console.info(
      `ETA simulated: median error ${(100 * median).toFixed(1)} %, 90th percentile ${(100 * errors[270]!).toFixed(1)} %`,
    )
    assert.ok(median <= 0.3, `median error ${median}`)
  })
})

describe('a place in the queue', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await openFixture()
  })
  afterAll(() => fixture.stop())

  const report = (state: 'ready' | 'stopping', batchSize?: number) =>
    fixture.db.work.report({
      id: newId('worker'),
      state,
      device: 'cpu',
      deviceRequested: 'auto',
      deviceFallback: null,
      loading: null,
      unhealthyReason: null,
      models: ['tiny'],
      hostname: 'here',
      pid: 1,
      generationId: null,
      startedAt: new Date().toISOString(),
      ...(batchSize && { batchSize }),
    })

  /** @param lateMs - how long ago it was so many seconds, at most */
  const near = (actual: number | null, seconds: number, lateMs: number) =>
    assert.ok(
      actual !== null && actual - seconds <= 0.5 && seconds - actual <= 0.5 + lateMs / 1000,
      `${actual} s instead of ${seconds} s, ${lateMs} ms ago`,
    )

  it('follows the order of claiming and the times that were measured', async () => {
    const { db, owner, stranger, sql } = fixture
    const many = await begin(owner, { generations: Array.from({ length: 6 }, (_, seed) => ({ seed, parameters })) })
    const [first, second, third] = many.generations
    const single = await begin(stranger)
    assert.equal(single.generation.queueTag, 1)
    const place = async (id: string) => (await owner.generations.place(id)) ?? (await stranger.generations.place(id))
    // nothing is measured, no worker lives: a position without a time
    assert.deepEqual(await place(third!.id), { position: 3, etaSeconds: null })
    assert.deepEqual(await place(single.generation.id), { position: 1, etaSeconds: null })

    await paint(db, owner, first!.id)
    assert.deepEqual(await place(first!.id), { position: null, etaSeconds: null })
    await sql('UPDATE generation_times SET mean_ms = 4000 WHERE kind = $1', ['tiny 64x64 0 4'])
    assert.deepEqual(await place(second!.id), { position: 1, etaSeconds: null }, 'no worker')
    await report('ready')
    await report('stopping')
    assert.deepEqual(await place(single.generation.id), { position: 0, etaSeconds: 4 })
    assert.deepEqual(await place(third!.id), { position: 2, etaSeconds: 12 })
    await report('ready')
    assert.deepEqual(await place(third!.id), { position: 2, etaSeconds: 8 })

    // what runs counts with what is left of it
    await claim(db, single.generation.id)
    const asked = performance.now()
    await sql("UPDATE generations SET started_at = now() - interval '3 seconds' WHERE status = 'running'")
    const running = (await place(single.generation.id))!
    assert.equal(running.position, null)
    near(running.etaSeconds, 1, performance.now() - asked)
    // one worker is free now, the other one in a second: the third begins with the fourth second
    const soon = (await place(third!.id))!
    assert.equal(soon.position, 1)
    near(soon.etaSeconds, 5, performance.now() - asked)

    // another size of the same model, by its work: four times the pixels, twice the steps
    await sql(`UPDATE generation_times SET mean_ms = 4000 / (64.0 * 64 * 4) WHERE kind = 'tiny'`)
    await sql("UPDATE generations SET status = 'cancelled', finished_at = now() WHERE status IN ('queued', 'running')")
    const large = { ...parameters, width: 128, height: 128, steps: 8 }
    const other = await addTurn(owner, many.session.id, { generations: [{ seed: 1, parameters: large }] })
    assert.deepEqual(await place(other.generation.id), { position: 0, etaSeconds: 32 })
    const event = (await owner.events.list(many.session.id, { afterSeq: 0 })).at(-1)!
    assert.deepEqual([event.type, event.payload.position, event.payload.etaSeconds], ['generation-queued', 0, 32])
  })

  it('counts a worker by how many it makes at once, and one that does not say so as one', async () => {
    const { owner, sql } = fixture
    await sql('DELETE FROM workers')
    await sql("UPDATE generations SET status = 'cancelled', finished_at = now() WHERE status = 'queued'")
    const many = await begin(owner, { generations: Array.from({ length: 9 }, (_, seed) => ({ seed, parameters })) })
    await sql("UPDATE generation_times SET mean_ms = 4000 WHERE kind = 'tiny 64x64 0 4'")
    const last = many.generations.at(-1)!.id
    await report('ready', 4)
    await report('stopping', 16)
    assert.deepEqual(await owner.generations.place(last), { position: 8, etaSeconds: 12 })
    // as a worker of a version before reports itself
    await sql(`INSERT INTO workers (id, state, device, models, hostname, pid, started_at)
      VALUES ('wrk_0000000000000000', 'ready', 'cpu', '{tiny}', 'here', 1, now())`)
    assert.deepEqual(await owner.generations.place(last), { position: 8, etaSeconds: 8 })
    await sql("UPDATE generations SET status = 'cancelled', finished_at = now() WHERE status = 'queued'")
  })

  it('remembers the mean of about the last ten, for each speed', async () => {
    const { db, owner, sql } = fixture
    await sql('DELETE FROM generation_times')
    let lateMs = 0
    for (const [seconds, speed] of [
      [2, 'exact'],
      [1, 'fast'],
      [4, 'exact'],
    ] as const) {
      const { generation } = await begin(owner, { generations: [{ seed: 1, parameters: { ...parameters, speed } }] })
      const claimed = await claim(db, generation.id)
      const asked = performance.now()
      await sql(`UPDATE generations SET started_at = clock_timestamp() - interval '${seconds} seconds' WHERE id = $1`, [
        generation.id,
      ])
      await db.work.succeed(claimed, { images: [], timings: { loadMs: 1000 }, device: 'cpu' })
      lateMs += performance.now() - asked
    }
    const rows = await sql<{ kind: string; mean_ms: number; count: number }>(
      'SELECT kind, mean_ms, count FROM generation_times ORDER BY kind',
    )
    assert.deepEqual(
      rows.map(({ kind, count }) => [kind, count]),
      [
        ['tiny', 2],
        ['tiny 64x64 0 4', 2],
        ['tiny fast', 1],
        ['tiny fast 64x64 0 4', 1],
      ],
    )
    for (const ms of [rows[1]!.mean_ms, rows[0]!.mean_ms * 64 * 64 * 4])
      assert.ok(ms > 1800 && ms < 2200 + lateMs, `${ms} ms, of which ${lateMs} ms at most were spent here`)
  })
})
