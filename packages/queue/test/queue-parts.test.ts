import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { openQueue } from '../src/index.js'
import { backoffMs } from '../src/job-options.js'
import { ProgressReporter } from '../src/progress.js'

describe('back-off', () => {
  it('doubles up to half a minute', () => {
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6, 7, 2_000].map((attempt) => backoffMs(attempt, 1_000)),
      [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000],
    )
  })
})

describe('progress reporter', () => {
  const progress = (step: number) => ({
    generationId: 'gen_0',
    sessionId: 'ses_0',
    turnId: 'trn_0',
    attempt: 1,
    step,
    steps: 9,
  })

  it('sends one report at a time and of those that wait only the newest, whatever fails', async () => {
    const sent: number[] = []
    const ends: (() => void)[] = []
    const reporter = new ProgressReporter(({ step }) => {
      sent.push(step)
      return new Promise((_, reject) => ends.push(() => reject(new Error('lost'))))
    })
    for (let step = 1; step <= 4; step++) reporter.report(progress(step))
    assert.deepEqual(sent, [1])
    ends[0]!()
    await new Promise(setImmediate)
    assert.deepEqual(sent, [1, 4])
    ends[1]!()
    await new Promise(setImmediate)
    reporter.report(progress(5))
    assert.deepEqual(sent, [1, 4, 5])
  })
})

describe('the URL of a queue', () => {
  it('names Postgres or Redis', () => assert.rejects(openQueue({ url: 'mysql://localhost' }), TypeError))
})
