import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase } from '../src/index.js'
import { addTurn, begin, claim, newImage, openFixture, type Fixture } from './support.js'

describe('the event log', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await openFixture()
  })
  afterAll(() => fixture.stop())

  it('has no gaps when 50 writers of two processes write at once', async () => {
    const { db, owner, url } = fixture
    const other = await openDatabase({ url, poolSize: 5 })
    const { session, generation } = await begin(owner)
    const claimed = await claim(db, generation.id)
    const writers = Array.from({ length: 48 }, (_, i) =>
      addTurn(i % 2 ? owner : other.forOwner(owner.ownerId), session.id),
    )
    const failing = addTurn(owner, session.id, {
      images: [{ imageId: 'img_0000000000000000', maskId: null, maskMode: 'keep' }],
    })
    const results = await Promise.allSettled([
      ...writers,
      failing,
      other.work.succeed(claimed, { images: [newImage('generated')], timings: {}, device: 'cpu' }),
    ])
    assert.equal(results.filter(({ status }) => status === 'rejected').length, 1)
    const events = await owner.events.list(session.id, { afterSeq: 0 })
    assert.deepEqual(
      events.map(({ seq }) => seq),
      Array.from({ length: 2 + 1 + 48 * 2 + 1 }, (_, i) => i + 1),
    )
    assert.equal((await owner.sessions.get(session.id))?.lastSeq, events.length)
    await other.close()
  })

  it('wakes listeners of other processes when a change is committed, not before', async () => {
    const { db, owner, sql } = fixture
    const { session, generation } = await begin(owner)
    const wakeups = await db.listen()
    const heard: string[] = []
    const both = new Promise<void>((resolve) => {
      wakeups.onSessionEvents((id) => {
        heard.push(id)
      })
      wakeups.onCancel((id) => {
        heard.push(id)
        resolve()
      })
    })
    await assert.rejects(
      addTurn(owner, session.id, { images: [{ imageId: 'img_0000000000000000', maskId: null, maskMode: 'keep' }] }),
    )
    await claim(db, generation.id)
    await owner.generations.cancel(generation.id)
    await both
    assert.deepEqual(heard, [session.id, generation.id])
    await wakeups.close()
    const stillThere = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
    // the server notices a moment later; a connection left open lets this test time out
    while ((await sql(stillThere)).length) await sleep(20)
  })

  it('tells listeners when their connection was lost', async () => {
    const { db, owner, sql } = fixture
    const wakeups = await db.listen()
    const again = new Promise<void>((resolve) => {
      wakeups.onReconnect(resolve)
    })
    await sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
    )
    await again
    const { session } = await begin(owner)
    const heard = new Promise<string>((resolve) => {
      wakeups.onSessionEvents(resolve)
    })
    await addTurn(owner, session.id)
    assert.equal(await heard, session.id)
    await wakeups.close()
  })
})
