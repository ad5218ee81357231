import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, it } from '@jest/globals'
import { newId } from '@atelier/contracts'
import { cleanUpAfterEach, eventually, FlakyProxy, startStopwatch } from '@atelier/testing'
import { openDatabase } from '../src/index.js'
import { createClient, createPool } from '../src/prisma/create-client.js'
import { begin, openFixture } from './support.js'

const cleanUp = cleanUpAfterEach()
const statementMs = 1_000

/** A database behind a proxy, with connections in its pool, and a generation that waits. */
async function openBehindProxy(answerMs = statementMs) {
  const fixture = await openFixture()
  cleanUp(() => fixture.stop())
  const proxy = await FlakyProxy.open(fixture.url)
  cleanUp(() => proxy.close())
  const db = await openDatabase({ url: proxy.url, poolSize: 3, statementMs: answerMs })
  const { generation } = await begin(fixture.owner)
  // as many connections as the pool has
  const ask = () => Promise.all(Array.from({ length: 6 }, () => db.admin.transactions()))
  await eventually('its connections are open', () => ask().catch(() => null))
  return { proxy, db, generation }
}

const unavailable = { name: 'AtelierError', code: 'unavailable' }

describe('a database that goes silent', () => {
  it('is given up by each statement and transaction in time', async () => {
    const { proxy, db, generation } = await openBehindProxy()
    proxy.silence()
    const watch = startStopwatch()
    await Promise.all([
      assert.rejects(db.admin.transactions(), unavailable),
      assert.rejects(db.work.claim(generation.id, newId('worker')), unavailable),
      assert.rejects(db.work.step({ id: generation.id, attempt: 1 }, 1), unavailable),
    ])
    const ms = watch.stop()
    assert.ok(ms < 3 * statementMs, `given up after ${ms} ms`)
    proxy.mend()
    await db.close()
  })

  it('that is replaced without a word is used again as soon as every connection was given up', async () => {
    const { proxy, db, generation } = await openBehindProxy()
    proxy.forget()
    const watch = startStopwatch()
    // transactions, because Prisma gives their connections back to the pool whatever happened to them
    const claims = Array.from({ length: 3 }, () =>
      eventually(
        'it is claimed',
        () =>
          db.work.claim(generation.id, newId('worker')).then(
            (claimed) => claimed,
            () => null,
          ),
        20_000,
      ),
    )
    await Promise.all(claims)
    const ms = watch.stop()
    assert.ok(ms < 5 * statementMs, `claimed after ${ms} ms`)
    await db.close()
  })

  it('does not hold up closing', async () => {
    const { proxy, db } = await openBehindProxy()
    proxy.silence()
    const call = assert.rejects(db.admin.transactions(), unavailable)
    await delay(100)
    const watch = startStopwatch()
    await db.close()
    const ms = watch.stop()
    assert.ok(ms < 3_500, `closed after ${ms} ms`)
    await call
  })

  it('takes its locks from a process that was stopped within a transaction before others give up', async () => {
    // the locks are taken in half the time: the other half is for a machine with much else to do
    const answerMs = 3 * statementMs
    const { proxy, db, generation } = await openBehindProxy(answerMs)
    const { sessionId } = generation
    const stopped = createClient(createPool(proxy.url, 1, answerMs))
    cleanUp(() => stopped.$disconnect())
    let isLocked = (): void => {}
    const locked = new Promise<void>((resolve) => {
      isLocked = resolve
    })
    const transaction = stopped.$transaction(
      async (tx) => {
        await tx.$queryRaw`SELECT 1 FROM sessions WHERE id = ${sessionId} FOR UPDATE`
        isLocked()
        await delay(2 * answerMs)
        return tx.$queryRaw`SELECT 1`
      },
      { timeout: 10 * answerMs },
    )
    await locked
    // neither waits longer than a statement may
    const claimed = await db.work.claim(generation.id, newId('worker'))
    assert.equal(claimed?.attempt, 1)
    await assert.rejects(transaction)
    await db.close()
  })
})
