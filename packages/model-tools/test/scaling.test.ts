import assert from 'node:assert/strict'
import { describe, test } from '@jest/globals'
import { arrivalsOf, daySeconds } from '../src/scaling/arrivals.js'
import { simulate, type Scaling } from '../src/scaling/simulate.js'

const day = { pictures: 20_000, peak: 2, bursts: 0, burstFactor: 1, seed: 7 }
const scaling: Scaling = { min: 1, max: 1, perWorker: 1, pollSeconds: 15, cooldownSeconds: 60 }
const times = { startSeconds: 90, pictureSeconds: 2 }

describe('a day of people', () => {
  test('has about as many as were asked for, ascending, and the same ones for the same seed', () => {
    for (const peak of [1, 1.5, 2]) {
      const arrivals = arrivalsOf({ ...day, peak })
      assert.ok(
        Math.abs(arrivals.length - day.pictures) < 5 * Math.sqrt(day.pictures),
        `${arrivals.length} for ${peak}`,
      )
      assert.deepEqual(
        arrivals,
        arrivals.toSorted((a, b) => a - b),
      )
      assert.ok(arrivals.at(-1)! < daySeconds)
      assert.deepEqual(arrivalsOf({ ...day, peak }), arrivals)
    }
    assert.notDeepEqual(arrivalsOf({ ...day, seed: 8 }), arrivalsOf(day))
  })

  test('is busiest in the afternoon, and quiet at night', () => {
    const arrivals = arrivalsOf(day)
    const within = (hour: number) => arrivals.filter((at) => Math.floor(at / 3600) === hour).length
    const mean = arrivals.length / 24
    assert.ok(within(15) > 1.7 * mean && within(4) < 0.2 * mean, `${within(15)}, ${within(4)}, ${mean}`)
  })

  test('has bursts', () => {
    const arrivals = arrivalsOf({ ...day, peak: 1, bursts: 1, burstFactor: 20 })
    const most = Math.max(
      ...Array.from({ length: daySeconds / 60 }, (_, n) => arrivals.filter((at) => Math.floor(at / 60) === n).length),
    )
    assert.ok(most > (10 * day.pictures) / 1440, `${most} in a minute`)
  })
})

const near = (actual: readonly number[], expected: readonly number[]) => {
  assert.equal(actual.length, expected.length)
  for (const [index, value] of actual.entries()) assert.ok(Math.abs(value - expected[index]!) < 1e-6, `${actual}`)
}

describe('workers that come and go', () => {
  test('one that is there takes each at once when they come slowly', () => {
    const { waits, gpuHours, mostWorkers } = simulate([0, 10, 20], times, scaling)
    assert.deepEqual([waits, mostWorkers], [[0, 0, 0], 1])
    assert.equal(gpuHours * 3600, 22)
  })

  test('work is done in order, one at a time', () => {
    const { waits } = simulate([0, 0.5, 1], times, scaling)
    assert.deepEqual(waits, [0, 1.5, 3])
  })

  test('what one makes at once goes on together, as fast as was measured', () => {
    const four = { ...times, batch: 4, throughput: 1.25 }
    const { waits, totals, gpuHours } = simulate([0, 0, 0, 0, 0], four, scaling)
    // four take 4 × 2 s / 1.25, the fifth after them 2 s alone
    assert.deepEqual(
      [waits, totals],
      [
        [0, 0, 0, 0, 6.4],
        [6.4, 6.4, 6.4, 6.4, 8.4],
      ],
    )
    assert.equal(gpuHours * 3600, 8.4)
    // one that comes in the middle slows the first down: of two, each gets (1 + 0.25 / 3) / 2 of a second in a second
    const late = simulate([0, 1], four, scaling)
    assert.deepEqual(late.waits, [0, 0])
    const share = (1 + 0.25 / 3) / 2
    const first = 1 + 1 / share
    near(late.totals, [first, first - 1 + 2 - (first - 1) * share])
  })

  test('each is begun by the worker that has the fewest', () => {
    const { waits, totals } = simulate([0, 0, 0], { ...times, batch: 4 }, { ...scaling, min: 2, max: 2 })
    assert.deepEqual(
      [waits, totals],
      [
        [0, 0, 0],
        [2, 4, 4],
      ],
    )
  })

  test('from none, the first waits for the next look and for the start of a worker', () => {
    const { waits, mostWorkers } = simulate([1], times, { ...scaling, min: 0 })
    assert.deepEqual([waits, mostWorkers], [[14 + 90], 1])
  })

  test('there are no more than may be, and a wave of work brings them', () => {
    const arrivals = Array.from({ length: 400 }, (_, n) => n / 10)
    const few = simulate(arrivals, times, { ...scaling, max: 2, min: 0 })
    const many = simulate(arrivals, times, { ...scaling, max: 16, min: 0 })
    assert.deepEqual([few.mostWorkers, many.mostWorkers], [2, 16])
    assert.ok(Math.max(...many.waits) < Math.max(...few.waits) / 2)
  })

  test('they go after the cooldown', () => {
    const work = [...Array.from({ length: 40 }, (_, n) => n / 10), 4000]
    const short = simulate(work, times, { ...scaling, min: 0, max: 4, cooldownSeconds: 60 })
    const long = simulate(work, times, { ...scaling, min: 0, max: 4, cooldownSeconds: 900 })
    assert.ok(long.gpuHours > short.gpuHours + (3 * 800) / 3600, `${long.gpuHours} and ${short.gpuHours}`)
    // the last one finds none
    assert.ok(short.waits.at(-1)! > 90)
  })
})
