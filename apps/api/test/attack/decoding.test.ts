import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { cleanUpAfterEach, testUnless, watchEventLoop } from '@atelier/testing'
import { AtelierError } from '@atelier/contracts'
import { WorkPool } from '../../src/work/work-pool.js'
import { flatPng, manyScans } from '../support/bombs.js'
import { png, startTestApi, type TestApi } from '../support/test-api.js'

const maxPixels = 4096 * 4096
const cleanUp = cleanUpAfterEach()
const open = (options?: ConstructorParameters<typeof WorkPool>[0]): WorkPool => {
  const pool = new WorkPool(options)
  cleanUp(() => pool.close())
  return pool
}
const file = (bytes: Uint8Array) => ({ bytes, sha256: '' })
const read = (pool: WorkPool, owner: string, bytes: Uint8Array) =>
  pool.run(owner, 'image_too_costly', 'readPicture', file(bytes), maxPixels)
const refusal = (work: Promise<unknown>): Promise<AtelierError> =>
  work.then(
    () => assert.fail('was not refused'),
    (error: AtelierError) => error,
  )
const timed = async <T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> => {
  const began = performance.now()
  const value = await work()
  return { ms: performance.now() - began, value }
}

const unlessLinux = testUnless(process.platform !== 'linux' && 'the memory of a process is read from /proc')

describe('a bomb', () => {
  let jpeg: Buffer
  let row: Buffer
  beforeAll(async () => {
    jpeg = manyScans(2649, 4096)
    row = flatPng(1, 16_777_216)
  })

  it('is refused by its header: a JPEG of 2,649 scans, a PNG of one column', async () => {
    const pool = open()
    await read(pool, 'warm', await png(64, 64))
    for (const [bytes, code] of [
      [jpeg, 'image_too_costly'],
      [row, 'image_too_large'],
    ] as const) {
      const times: number[] = []
      for (let n = 0; n < 3; n++) {
        const { ms, value } = await timed(() => refusal(read(pool, 'anna', bytes)))
        assert.equal(value.code, code)
        times.push(ms)
      }
      // the best of three: other tests use the processor, too
      assert.ok(Math.min(...times) < 1000, `took ${times.join()} ms`)
    }
    const { details } = await refusal(read(pool, 'anna', jpeg))
    assert.deepEqual(details, { scans: 2649, maxScans: 16 })
  })

  unlessLinux('takes less than 200 MB', async () => {
    const pool = open({ processes: 1 })
    await read(pool, 'warm', await png(64, 64))
    for (const bytes of [jpeg, row]) await refusal(read(pool, 'anna', bytes))
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pool.pids[0]}/status`, 'utf8'))![1]
    assert.ok(Number(peak) < 200_000, `${peak} kB`)
  })
})

describe('a task', () => {
  it('that takes too much processor time or memory ends with its process, and the next one is done', async () => {
    for (const budget of [{ cpuMs: -10_000 }, { bytes: -(2 ** 30) }]) {
      const pool = open({ processes: 1, ...budget })
      const [first, second] = [
        await refusal(read(pool, 'anna', manyScans(64, 2048))),
        await refusal(read(pool, 'ben', manyScans(64, 2048))),
      ]
      assert.deepEqual([first.code, second.code, first.status], ['image_too_costly', 'image_too_costly', 422])
    }
  })

  it('whose process hangs or dies is answered, and the next one is done', async () => {
    // the time of a task has the start of its process in it, which takes long on a busy machine
    const { ms } = await timed(async () => read(open({ processes: 1 }), 'anna', await png(64, 64)))
    const pool = open({ processes: 1, wallMs: Math.max(6000, 5 * ms) })
    await read(pool, 'anna', await png(64, 64))
    const [pid] = pool.pids
    // before it can be done
    process.kill(pid!, 'SIGSTOP')
    const hanging = refusal(read(pool, 'anna', await png(64, 64)))
    assert.equal((await hanging).code, 'image_too_costly')
    assert.equal((await read(pool, 'anna', await png(64, 64))).width, 64)
    const [next] = pool.pids
    process.kill(next!, 'SIGSTOP')
    const dying = refusal(read(pool, 'anna', await png(64, 64)))
    process.kill(next!, 'SIGSEGV')
    // what it dies of when it goes on
    process.kill(next!, 'SIGCONT')
    assert.equal((await dying).code, 'internal')
    assert.equal((await read(pool, 'anna', await png(64, 64))).width, 64)
  })

  it('is refused while too many wait, with the time to wait; another owner has a place', async () => {
    const pool = open({ processes: 1 })
    const small = await png(64, 64)
    const all = Array.from({ length: 30 }, () => read(pool, 'anna', small))
    const other = read(pool, 'ben', small)
    const settled = await Promise.allSettled(all)
    const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as AtelierError] : []))
    assert.equal(refused.length, 30 - 17)
    assert.ok(refused.every(({ code }) => code === 'busy'))
    assert.ok((refused[0]!.details as { retryAfterSeconds: number }).retryAfterSeconds >= 1)
    assert.equal((await other).width, 64)
  })

  it('of one owner waits for the turns of others: with 16 waiting, another is next but one', async () => {
    const pool = open({ processes: 1 })
    const small = await png(64, 64)
    const order: string[] = []
    const noted = (owner: string) => read(pool, owner, small).then(() => order.push(owner))
    const all = Array.from({ length: 12 }, () => noted('anna'))
    await Promise.all([...all, noted('ben'), noted('carl')])
    assert.ok(order.indexOf('ben') <= 2 && order.indexOf('carl') <= 3, order.join())
  })
})

describe('the API', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await startTestApi((d) => ({
      ...d,
      settings: { ...d.settings, limits: { ...d.settings.limits, imagePixels: maxPixels, uploadBytes: 20_000_000 } },
    }))
  })
  afterAll(() => api.close())

  it('decodes nothing itself: while one owner sends heavy pictures the loop is free and another is served', async () => {
    const small = await png(64, 64)
    await Promise.all([api.upload(small), api.upload(small, { as: api.ben })])
    const heavy = manyScans(16, 4000)
    const bombs = Promise.all(Array.from({ length: 4 }, () => api.upload(heavy)))
    await new Promise((resolve) => setTimeout(resolve, 200))
    const loop = watchEventLoop()
    const times: number[] = []
    for (let n = 0; n < 10; n++) {
      const { ms, value } = await timed(async () => api.upload(await png(64, 64, `#${n}30`), { as: api.ben }))
      assert.equal(value.status, 201)
      times.push(ms)
    }
    const { worstMs } = loop.stop()
    await bombs
    const median = times.sort((a, b) => a - b)[5]!
    assert.ok(median < 1000, `an upload beside bombs took ${median} ms`)
    assert.ok(worstMs < 100, `the loop was held for ${worstMs} ms`)
  })

  it('answers with the code and stores nothing', async () => {
    const before = await api.count()
    for (const purpose of ['image', 'mask']) {
      const { status, body } = await api.upload(manyScans(2649, 1024), { purpose })
      assert.deepEqual([status, body.error.code], [422, 'image_too_costly'])
    }
    assert.deepEqual(await api.count(), before)
  })
})
