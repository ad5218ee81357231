import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { cancellations, recoveries, rePickups, spread } from '../src/measure.js'
import { chart } from '../src/report/chart.js'
import { bound, table } from '../src/report/table.js'
import type { Outcome } from '../src/run-scenario.js'
import type { StoredEvent } from '../src/check/state.js'

const none = { count: 0, p50: null, p99: null, most: null }

function outcome(changes: Partial<Outcome>): Outcome {
  return {
    scenario: 'worker-kill',
    backend: 'redis',
    store: 's3',
    jobs: 100,
    succeeded: 95,
    cancelled: 5,
    failed: 0,
    faults: 7,
    lost: 0,
    doubled: 0,
    leaked: 0,
    outOfOrder: 0,
    swept: 0,
    rePickup: none,
    recovery: none,
    cancel: none,
    clientErrors: 0,
    givenUp: 0,
    seconds: 60,
    violations: [],
    faultList: [],
    samples: [],
    ...changes,
  }
}

describe('the report of the fault suite', () => {
  it('bounds the rate of what did not happen, and sums up', () => {
    assert.equal(bound(10_000), '0.030 %')
    const wrong = outcome({ backend: 'postgres', lost: 1, violations: [{ invariant: 'I1', what: 'lost: gen_a' }] })
    const rows = table([outcome({ rePickup: spread([9_000, 7_000]) }), wrong]).split('\n')
    const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()))
    assert.deepEqual([cells[2]![11], cells[2]![15]], ['7.0 / 9.0 (2)', '3.0 %'])
    // where something is wrong there is nothing to bound
    assert.deepEqual(
      [cells[3]![5], cells[3]![15], cells[4]![3], cells[4]![5], cells[4]![15]],
      ['1', '–', '200', '1', '–'],
    )
  })

  it('measures spreads by the nearest rank', () => {
    assert.deepEqual(spread([]), none)
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1)
    assert.deepEqual(spread(hundred.reverse()), { count: 100, p50: 50, p99: 99, most: 100 })
  })

  it('measures how long it takes to start again, to recover and to cancel', () => {
    const event = (type: StoredEvent['type'], at: number, attempt: number | null = null): StoredEvent => ({
      sessionId: 'ses_a',
      seq: at,
      type,
      generationId: 'gen_a',
      attempt,
      at,
    })
    const state = {
      events: [
        event('generation-started', 100, 1),
        event('generation-started', 900, 2),
        event('generation-succeeded', 1_000),
      ],
      generations: [
        {
          id: 'gen_a',
          turnId: 'trn_a',
          sessionId: 'ses_a',
          ownerId: 'own_a',
          status: 'cancelled' as const,
          attempt: 2,
          errorCode: null,
          finishedAt: 1_000,
        },
      ],
    }
    const fault = { what: 'kill', at: 200, torn: [{ generationId: 'gen_a', attempt: 1 }] }
    assert.deepEqual(rePickups(state, [fault]), [700])
    assert.deepEqual(recoveries(state, [{ ...fault, until: 600 }, fault]), [400])
    const cancelled = [{ generationId: 'gen_a', askedAt: 990, answeredAt: 995 }]
    assert.deepEqual(cancellations(state, { cancelled }), [10])
  })

  it('draws a line for each process, with a gap where it was down', () => {
    const memories = [{ 'api-1': 100 }, { 'api-1': 110 }, {}, { 'api-1': 90 }, { 'api-1': 95 }]
    const samples = memories.map((memory, index) => ({
      seconds: index * 10,
      ended: index,
      memory: memory as Record<string, number>,
      handles: { 'api-1': 40 },
      connections: 20,
      temporaryFiles: 0,
      disk: 50,
    }))
    const svg = chart(samples)
    const memory = svg.slice(0, svg.indexOf('Open files'))
    assert.equal(memory.match(/<polyline/g)?.length, 2)
    assert.doesNotMatch(svg, /NaN|undefined/)
  })
})
