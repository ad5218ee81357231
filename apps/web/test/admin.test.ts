import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import type { GenerationChange } from '@atelier/client'

// what the page finds in a browser
Object.assign(globalThis, { document: { documentElement: { lang: 'en' } } })
const { agoOf, lengthOf } = await import('../src/admin/parts/times.js')
const { linePath, roundUp } = await import('../src/admin/now/scale.js')
const { addressOfFilters, filtersOf, queryOf } = await import('../src/admin/queue/filters.js')
const { isNews, keepNewest } = await import('../src/admin/server/changes.js')
const { pathOfPlace, placeOf } = await import('../src/admin/place.js')

describe('times of the dashboard', () => {
  it('are told in the largest unit there is one of', () => {
    const ago = (seconds: number) => agoOf(0, seconds * 1000)
    assert.deepEqual([0, 1, 59, 60, 119, 3600, 86_400, -90].map(ago), [
      'now',
      '1 second ago',
      '59 seconds ago',
      '1 minute ago',
      '1 minute ago',
      '1 hour ago',
      '1 day ago',
      'in 1 minute',
    ])
  })

  it('last so long, in two units at most', () => {
    assert.deepEqual([0, 0.44, 9.96, 12.4, 60, 200, 3600, 7500, 90_061, 86_400].map(lengthOf), [
      '0 s',
      '0.4 s',
      '10 s',
      '12 s',
      '1 min',
      '3 min 20 s',
      '1 h',
      '2 h 5 min',
      '1 d 1 h',
      '1 d',
    ])
  })
})

describe('charts', () => {
  it('end at a round number that nothing is above', () => {
    assert.deepEqual([0, 0.3, 1, 1.2, 2.3, 4, 7, 11, 260].map(roundUp), [1, 0.5, 1, 2, 2.5, 5, 10, 20, 500])
    for (const value of [NaN, -1]) assert.equal(roundUp(value), 1)
  })

  it('break their line where nothing was measured, and show a value alone as a dot', () => {
    assert.equal(linePath([0, 5, null, 10, null, null, 5, 10], 10), 'M0.5 100L1.5 50M3.5 0h0M6.5 50L7.5 0')
    assert.equal(linePath([], 1), '')
    assert.equal(linePath([null], 1), '')
  })
})

describe('filters of the list of generations', () => {
  const of = (text: string) => filtersOf(new URLSearchParams(text))

  it('stand in the address, where what is unknown means none', () => {
    for (const text of ['', 'status=failed&code=worker_lost', 'status=parked&model=ace-mini&owner=own_1&search=gen_'])
      assert.equal(addressOfFilters(of(text)).toString(), text)
    assert.equal(addressOfFilters(of('status=nonsense&other=1')).toString(), '')
  })

  it('are asked of the server as it takes them', () => {
    assert.deepEqual(queryOf(of('')), {})
    assert.deepEqual(queryOf(of('status=parked')), { parked: true })
    assert.deepEqual(queryOf(of('status=poison&model=m')), { poison: true, model: 'm' })
    assert.deepEqual(queryOf(of('status=queued')), { status: 'queued', parked: false })
    assert.deepEqual(queryOf(of('status=failed&code=worker_lost')), { status: 'failed', code: 'worker_lost' })
    // what no id has would be refused
    assert.deepEqual(queryOf(of('search= Gen_4F!')), { search: 'gen_4f' })
    assert.deepEqual(queryOf(of('search=?!')), {})
  })
})

describe('live changes', () => {
  const change = (more: Partial<GenerationChange>) =>
    ({
      id: 'gen_1',
      status: 'running',
      attempt: 1,
      step: 1,
      parkedAt: null,
      workerId: 'wrk_1',
      ...more,
    }) as GenerationChange

  it('are news when they are more than another step', () => {
    assert.ok(isNews(undefined, change({})))
    assert.ok(!isNews(change({}), change({ step: 9 })))
    for (const more of [
      { status: 'failed' },
      { attempt: 2 },
      { parkedAt: '2026-01-01T00:00:00Z' },
      { workerId: 'wrk_2' },
    ] as const)
      assert.ok(isNews(change({}), change(more)), JSON.stringify(more))
  })

  it('are kept of those generations that changed last', () => {
    const many = Array.from({ length: 600 }, (_, index) => change({ id: `gen_${index}` }))
    const kept = keepNewest(keepNewest(new Map(), many), [change({ id: 'gen_150', step: 7 })])
    assert.equal(kept.size, 500)
    assert.equal(kept.get('gen_150')?.step, 7)
    assert.ok(!kept.has('gen_99'))
    assert.equal([...kept.keys()].at(-1), 'gen_150')
  })
})

describe('addresses of the dashboard', () => {
  it('name a section, and one generation or owner in it', () => {
    const generation = 'gen_0123456789abcdef'
    const owner = 'own_0123456789abcdef'
    assert.deepEqual(placeOf('/admin'), { section: 'now', id: null })
    assert.deepEqual(placeOf('/admin/'), { section: 'now', id: null })
    assert.deepEqual(placeOf('/admin.html'), { section: 'now', id: null })
    assert.deepEqual(placeOf(pathOfPlace('workers')), { section: 'workers', id: null })
    assert.deepEqual(placeOf(pathOfPlace('queue', generation)), { section: 'queue', id: generation })
    assert.deepEqual(placeOf(pathOfPlace('owners', owner)), { section: 'owners', id: owner })
    for (const path of [
      '/',
      '/c/x',
      '/admin/nothing',
      `/admin/queue/${owner}`,
      '/admin/audit/x',
      `/admin/queue/${generation}/x`,
    ])
      assert.equal(placeOf(path), null, path)
  })
})
