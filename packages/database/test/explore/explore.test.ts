import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { begin, openFixture, type Fixture } from '../support.js'
import { explore } from './explore.js'
import { workers, type Product, type State } from './moves.js'
import { openWorld } from './world.js'

/** A run by hand may search further; each more is about three times the work. */
const troubles = Number(process.env.ATELIER_EXPLORE_TROUBLES ?? 2)

describe('a generation, in every order of what can happen to it', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await openFixture()
    for (const id of workers)
      await fixture.db.work.report({
        id,
        state: 'ready',
        device: 'cpu',
        deviceRequested: 'cpu',
        deviceFallback: null,
        loading: null,
        unhealthyReason: null,
        models: ['tiny'],
        hostname: 'host',
        pid: 1,
        generationId: null,
        startedAt: new Date().toISOString(),
      })
  })
  afterAll(() => fixture.stop())

  async function search(left: State['left'], replaced: Partial<Product['work']> = {}) {
    const { db, owner } = fixture
    const { generation } = await begin(owner)
    const world = await openWorld(fixture, generation.id)
    const product: Product = {
      generationId: generation.id,
      work: { ...db.work, ...replaced },
      overdue: async () =>
        (await db.admin.overdue({ olderThanSeconds: 0, silentSeconds: 0, limit: 1000 })).some(
          ({ id }) => id === generation.id,
        ),
      cancel: (id) => owner.generations.cancel(id),
    }
    return explore(product, world, {
      rows: await world.read(),
      held: { wrk_a: null, wrk_b: null },
      jobs: 1,
      left,
    })
  }

  it('keeps all that must hold, and never is stuck', async () => {
    const start = performance.now()
    const found = await search({ trouble: troubles, cancel: 1 })
    process.stdout.write(
      `explored ${troubles} troubles and a cancel: ${found.states} states, ${found.transitions} transitions, ${found.ended} at their end, ` +
        `in ${Math.round((performance.now() - start) / 1000)} s\n`,
    )
    assert.ok(found.states > 500, `${found.states} states`)
  }, 3_600_000)

  it('finds a worker that writes without looking whose turn it is', async () => {
    const unfenced: Product['work']['fail'] = async ({ id }, failure) => {
      await fixture.sql(
        `UPDATE generations SET status = 'failed', error = $2, finished_at = now() WHERE id = $1 AND status = 'running'`,
        [id, JSON.stringify(failure)],
      )
    }
    await assert.rejects(search({ trouble: 2, cancel: 0 }, { fail: unfenced }), /wrk_a: fail\n/)
  })

  it('finds a worker that only says that it gave a generation back', async () => {
    await assert.rejects(search({ trouble: 1, cancel: 0 }, { release: async () => {} }), /release/)
  })
})
