import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { cleanUpAfterEach, quickest } from '@atelier/testing'
import { newId } from '@atelier/contracts'
import { requeueOverdue, startRequeueing } from '../src/generations/requeue-overdue.js'
import { startTestApi, type TestApi } from './support/test-api.js'

const cleanUp = cleanUpAfterEach()

/** One that requeues nothing by itself, so that it is seen what a round does. */
const startApi = () =>
  startTestApi((d) => ({
    ...d,
    database: { ...d.database, admin: { ...d.database.admin, overdue: async () => [] } },
  }))

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

describe('requeueing', () => {
  it('adds what the queue does not know, once', async () => {
    const {
      body: {
        generations: [{ id }],
      },
    } = await api.send('POST', `/v1/sessions/${await api.session()}/turns`, { body: { instruction: 'x' } })
    await api.queue.remove(id)
    const overdue = {
      ...api.database.admin,
      overdue: async () => [{ id, status: 'queued' as const, queueTag: 7, total: 1 }],
    }
    const database = { ...api.database, admin: overdue }
    assert.equal(await requeueOverdue({ database, queue: api.queue }), 1)
    assert.equal(await api.queue.has(id), true)
    assert.equal(await requeueOverdue({ database, queue: api.queue }), 0)
  })

  it('adds everything at once to a queue that lost a long row, what ran before what waits', async () => {
    const other = await startApi()
    cleanUp(() => other.close())
    const session = await other.session()
    const { body } = await other.send('POST', `/v1/sessions/${session}/turns`, { body: { instruction: 'x' } })
    // as many as it takes to make a long row: copies of the only one
    await other.sql(
      `INSERT INTO generations (id, turn_id, session_id, owner_id, seed, model, parameters, lcu, queue_tag)
       SELECT g.id || n, turn_id, session_id, owner_id, seed, model, parameters, lcu, queue_tag + n
       FROM generations g, generate_series(1, 620) AS n WHERE g.id = $1`,
      [body.generations[0].id],
    )
    const [ran] = await other.sql<{ id: string }>(`SELECT id FROM generations ORDER BY queue_tag DESC LIMIT 1`)
    assert.ok(await other.database.work.claim(ran!.id, newId('worker')))
    await other.sql(
      `UPDATE generations SET queued_at = now() - interval '1 min', heartbeat_at = now() - interval '2 min'`,
    )
    await other.queue.drain()
    const [{ count }] = (await other.sql<{ count: number }>(`SELECT count(*)::int AS count FROM generations`)) as [
      { count: number },
    ]
    assert.ok(count > 600)
    assert.equal(await requeueOverdue(other), count)
    assert.equal((await other.queue.counts()).waiting, count)
    assert.equal(await requeueOverdue(other), 0)
    const [first] = await other.database.admin.overdue({ olderThanSeconds: 5, silentSeconds: 60, limit: 1 })
    assert.deepEqual([first!.id, first!.status, first!.total], [ran!.id, 'running', count])
  })

  it('survives a failure', async () => {
    const warned: unknown[] = []
    const database = {
      ...api.database,
      admin: {
        ...api.database.admin,
        overdue: async () => {
          throw new Error('down')
        },
      },
    }
    const stop = startRequeueing({
      database,
      queue: api.queue,
      logger: { warn: (...line: unknown[]) => warned.push(line) } as never,
    })
    await stop()
    assert.equal(warned.length, 1)
  })

  it('covers for a queue that does not answer: the turn is accepted all the same', async () => {
    const other = await startTestApi((d) => ({
      ...d,
      queue: Object.assign(Object.create(d.queue) as typeof d.queue, { add: () => new Promise<void>(() => {}) }),
    }))
    cleanUp(() => other.close())
    const session = await other.session()
    const took = await quickest(3500, async () => {
      const start = performance.now()
      const { status } = await other.send('POST', `/v1/sessions/${session}/turns`, { body: { instruction: 'x' } })
      assert.equal(status, 202)
      return performance.now() - start
    })
    assert.ok(took < 3500, `after ${took} ms`)
  })
})
