import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import * as fc from 'fast-check'
import { ConversationDriver } from './support/conversation-driver.js'
import { stepKinds, type Step } from './support/conversation-steps.js'
import { startTestApi, type TestApi } from './support/test-api.js'

const conversations = 40
const stepsEach = 50
/** Two busy cores need several minutes, more than jest gives a test by default. */
const timeoutMs = 900_000
/** The same conversations each time; another seed tries others. */
const seed = 20261124

const number = fc.nat(1_000_000)
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(
    ...Object.entries(stepKinds).map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind as Step['kind']) })),
  ),
  a: number,
  b: number,
  c: number,
  d: number,
})

describe('random conversations', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await startTestApi()
  })
  afterAll(() => api.close())

  it(
    `are the same in the API and in a simple model, ${conversations * stepsEach} steps`,
    async () => {
      const done = new Map<string, number>()
      const property = fc.asyncProperty(
        fc.array(step, { minLength: stepsEach, maxLength: stepsEach, size: 'max' }),
        async (steps) => {
          const { token, ownerId } = await api.database.admin.createKey({ name: 'one of many', scopes: ['user'] })
          const driver = new ConversationDriver(api, { token, ownerId, headers: { authorization: `Bearer ${token}` } })
          for (const [index, one] of steps.entries()) {
            await driver.run(one).catch((error: Error) => {
              throw new Error(`step ${index}, ${JSON.stringify(one)}: ${error.message}`, { cause: error })
            })
          }
          await driver.comparison.all()
          for (const [what, count] of driver.done) done.set(what, (done.get(what) ?? 0) + count)
        },
      )
      await fc.assert(property, { numRuns: conversations, seed, endOnFailure: true })
      process.stdout.write(
        `${[...done]
          .sort()
          .map(([what, count]) => `${what} ${count}`)
          .join(', ')}\n`,
      )
      const refusals = ['unknown_mention', 'unknown_image', 'unknown_turn', 'not_a_mask'].map(
        (code) => `turn refused with ${code}`,
      )
      for (const what of [...Object.keys(stepKinds), ...refusals, 'deletion refused'])
        assert.ok(done.get(what), `nothing was tried: ${what}`)
    },
    timeoutMs,
  )

  it('leave no orphan object', async () => {
    const { status, body } = await api.send('POST', '/v1/admin/objects/sweep', {
      as: api.admin,
      body: { dryRun: true, olderThanSeconds: 0 },
    })
    assert.equal(status, 200, JSON.stringify(body))
    assert.ok(body.objects > 0)
    assert.deepEqual([body.orphans, body.keys], [0, []])
  })
})
