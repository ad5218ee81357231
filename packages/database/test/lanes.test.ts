import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { startStopwatch } from '@atelier/testing'
import { Client } from 'pg'
import { addTurn, openFixture, type Fixture } from './support.js'

const many = 40

describe('transactions that wait for the lock of one session', () => {
  let fixture: Fixture
  let holder: Client
  beforeAll(async () => {
    fixture = await openFixture()
    holder = new Client({ connectionString: fixture.url })
    await holder.connect()
  })
  afterAll(async () => {
    await holder.end()
    await fixture.stop()
  })

  it('leave the pool to other owners, and to other sessions of the same one', async () => {
    const { owner, stranger } = fixture
    const [held, other] = [(await owner.sessions.create({})).id, (await owner.sessions.create({})).id]
    await holder.query(`BEGIN; SELECT 1 FROM sessions WHERE id = '${held}' FOR UPDATE`)
    const waiting = Array.from({ length: many }, () => addTurn(owner, held))
    const watch = startStopwatch()
    await stranger.sessions.create({ title: 'mine' })
    assert.equal((await stranger.sessions.list({ limit: 1 })).data.length, 1)
    assert.ok(await addTurn(owner, other))
    const ms = watch.stop()
    await holder.query('ROLLBACK')
    const turns = await Promise.all(waiting)
    assert.ok(turns.every((turn) => turn !== null))
    // with every connection taken they would have waited for as long as the lock was held
    assert.ok(ms < 3000, `others waited ${ms} ms`)
  })

  it('are refused beyond a bound, and write nothing', async () => {
    const { owner, sql } = fixture
    const { id } = await owner.sessions.create({})
    await holder.query(`BEGIN; SELECT 1 FROM sessions WHERE id = '${id}' FOR UPDATE`)
    const waiting = Array.from({ length: 520 }, () => owner.sessions.update(id, { title: 'x' }))
    const results = Promise.allSettled(waiting)
    await assert.rejects(Promise.all(waiting), { code: 'busy', details: { retryAfterSeconds: 5 } })
    await holder.query('ROLLBACK')
    const refused = (await results).filter(({ status }) => status === 'rejected').length
    assert.ok(refused >= 15 && refused <= 20, `${refused} were refused`)
    const [row] = await sql<{ title: string }>('SELECT title FROM sessions WHERE id = $1', [id])
    assert.equal(row!.title, 'x')
  })
})
