import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { createClient, createPool } from '../src/prisma/create-client.js'
import { transaction } from '../src/prisma/transaction.js'
import { openFixture, type Fixture } from './support.js'

describe('a transaction', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await openFixture()
  })
  afterAll(() => fixture.stop())

  it('is run again after a deadlock', async () => {
    const { owner, url } = fixture
    const ids = [(await owner.sessions.create({})).id, (await owner.sessions.create({})).id] as const
    const client = createClient(createPool(url, 4))
    let runs = 0
    let arrived = 0
    let go!: () => void
    const bothHoldOne = new Promise<void>((resolve) => {
      go = resolve
    })
    const crossing = (first: string, second: string) =>
      transaction(client, async (tx) => {
        runs += 1
        await tx.session.update({ where: { id: first }, data: { lastSeq: { increment: 1 } } })
        arrived += 1
        if (arrived === 2) go()
        await bothHoldOne
        await tx.$executeRaw`UPDATE sessions SET last_seq = last_seq + 1 WHERE id = ${second}`
      })
    await Promise.all([crossing(ids[0], ids[1]), crossing(ids[1], ids[0])])
    assert.equal(runs, 3)
    for (const id of ids) assert.equal((await owner.sessions.get(id))?.lastSeq, 2)
    await client.$disconnect()
  })

  it('is undone when its body throws', async () => {
    const { owner, url } = fixture
    const { id } = await owner.sessions.create({})
    const client = createClient(createPool(url, 1))
    await assert.rejects(
      transaction(client, async (tx) => {
        await tx.session.update({ where: { id }, data: { title: 'gone' } })
        throw new RangeError('no')
      }),
      RangeError,
    )
    assert.equal((await owner.sessions.get(id))?.title, null)
    await client.$disconnect()
  })
})
