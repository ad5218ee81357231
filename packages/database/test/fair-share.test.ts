import assert from 'node:assert/strict'
import { afterAll, beforeAll, beforeEach, describe, it } from '@jest/globals'
import { newId, type Priority } from '@atelier/contracts'
import { ClaimTooEarlyError } from '../src/index.js'
import { claimedTime, costs, highestTag, nextTags } from '../src/queue/fair-share.js'
import { addTurn, begin, claim, newOwner, openFixture, paint, parameters, type Fixture } from './support.js'

/** The arithmetic without a database: owners queue, the lowest tag is claimed. */
class Simulation {
  time = 0
  readonly waiting: { owner: string; priority: Priority; queueTag: number }[] = []
  readonly claimed: string[] = []

  queue(owner: string, count: number, priority: Priority = 'interactive'): void {
    const own = this.waiting.filter((job) => job.owner === owner && job.priority === priority)
    const last = Math.max(0, ...own.map(({ queueTag }) => queueTag))
    for (const queueTag of nextTags(this.time, last, priority, count)) this.waiting.push({ owner, priority, queueTag })
  }

  /** Claims the lowest tag; of equal ones the one that was queued first. */
  claim(): string {
    const next = this.waiting.reduce((best, job) => (job.queueTag < best.queueTag ? job : best))
    this.waiting.splice(this.waiting.indexOf(next), 1)
    this.time = Math.max(this.time, claimedTime(next))
    this.claimed.push(next.owner)
    return next.owner
  }

  /** Claims until this owner had its turn. @returns how many others were claimed before */
  until(owner: string): number {
    for (let before = 0; ; before += 1) if (this.claim() === owner) return before
  }
}

describe('the tags of the fair queue', () => {
  it('let a single turn pass a row of 300, whenever it comes', () => {
    const simulation = new Simulation()
    simulation.queue('many', 300)
    for (let round = 0; round < 140; round += 1) {
      simulation.claim()
      simulation.queue('single', 1)
      assert.ok(simulation.until('single') <= 1)
    }
  })

  it('give owners who always have work equal shares, whenever they joined', () => {
    const simulation = new Simulation()
    const owners = Array.from({ length: 20 }, (_, n) => `owner ${n}`)
    owners.forEach((owner, n) => {
      simulation.queue(owner, 40 + 5 * n)
      for (let claims = 0; claims < n; claims += 1) simulation.claim()
    })
    simulation.claimed.length = 0
    for (let claims = 0; claims < 400; claims += 1) simulation.claim()
    for (const owner of owners) {
      const share = simulation.claimed.filter((name) => name === owner).length
      assert.ok(Math.abs(share - 20) <= 2, `${owner} had ${share} of 400`)
    }
  })

  it('let interactive turns pass background ones, which still advance', () => {
    const simulation = new Simulation()
    simulation.queue('background', 100, 'background')
    simulation.queue('people', 500)
    for (let claims = 0; claims < 440; claims += 1) simulation.claim()
    const share = simulation.claimed.filter((name) => name === 'background').length
    assert.ok(share >= 36 && share <= 44, `background had ${share} of 440`)
    // where only background work waits it has everything, and a person still goes first
    const quiet = new Simulation()
    for (const owner of ['a', 'b', 'c', 'd', 'e']) quiet.queue(owner, 100, 'background')
    for (let claims = 0; claims < 222; claims += 1) quiet.claim()
    quiet.queue('person', 1)
    assert.equal(quiet.until('person'), 0)
  })

  it('starve nobody, however many new owners keep coming', () => {
    const simulation = new Simulation()
    for (let n = 0; n < 20; n += 1) simulation.queue(`owner ${n}`, 1)
    simulation.queue('background', 1, 'background')
    let claims = 0
    for (; simulation.waiting.some(({ owner }) => owner === 'background') && claims < 1000; claims += 1) {
      simulation.queue(`new ${claims}`, 1)
      simulation.claim()
    }
    // ten rounds of all who wait
    assert.ok(claims <= 21 * costs.background + 1, `it waited for ${claims}`)
  })

  it('stay within what BullMQ can sort', () => {
    assert.deepEqual(nextTags(highestTag - 1, 0, 'interactive', 3), [highestTag, highestTag, highestTag])
    assert.deepEqual(nextTags(5, 9, 'background', 2), [19, 29])
    assert.deepEqual(nextTags(9, 5, 'interactive', 2), [10, 11])
  })
})

describe('the fair queue in the database', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await openFixture()
  })
  afterAll(() => fixture.stop())
  beforeEach(async () => {
    await fixture.sql(
      "UPDATE generations SET status = 'cancelled', finished_at = now() WHERE status IN ('queued', 'running')",
    )
    await fixture.sql('UPDATE queue_clock SET virtual_time = 0')
  })

  const four = { generations: [1, 2, 3, 4].map((seed) => ({ seed, parameters })) }
  const tags = (generations: readonly { queueTag: number }[]) => generations.map(({ queueTag }) => queueTag)
  const time = async () => (await fixture.sql<{ t: number }>('SELECT virtual_time AS t FROM queue_clock'))[0]!.t

  it('gives tags, keeps them through a release, and counts on from what is claimed', async () => {
    const { db, owner, stranger } = fixture
    const first = await begin(owner, four)
    assert.deepEqual(tags(first.generations), [1, 2, 3, 4])
    assert.deepEqual(tags((await addTurn(owner, first.session.id)).generations), [5])
    assert.deepEqual(tags((await begin(stranger, four)).generations), [1, 2, 3, 4])
    const claimed = await claim(db, first.generations[2]!.id)
    assert.equal(await time(), 3)
    await db.work.release(claimed)
    assert.equal((await owner.generations.get(claimed.id))?.queueTag, 3)
    assert.deepEqual(tags((await begin(await newOwner(db, 'late'))).generations), [4])
    const background = await begin(stranger, { ...four, priority: 'background' })
    assert.deepEqual(tags(background.generations), [13, 23, 33, 43])
    assert.equal(background.generation.priority, 'background')
    await claim(db, background.generation.id)
    assert.equal(await time(), 4)
  })

  it('gives turns that are created at once tags of their own', async () => {
    const { owner } = fixture
    const made = await Promise.all(Array.from({ length: 12 }, () => begin(owner)))
    assert.deepEqual(
      tags(made.map(({ generation }) => generation)).toSorted((a, b) => a - b),
      Array.from({ length: 12 }, (_, n) => n + 1),
    )
  })

  it('begins anew when nothing is queued and the tags have grown', async () => {
    const { db, owner, stranger, sql } = fixture
    await sql('UPDATE queue_clock SET virtual_time = 1500000')
    const first = await begin(owner)
    const last = await begin(stranger, four)
    assert.equal(first.generation.queueTag, 1_500_001)
    await claim(db, first.generation.id)
    assert.equal(await time(), 1_500_001)
    for (const { id } of last.generations) await paint(db, stranger, id)
    assert.equal(await time(), 0)
    assert.deepEqual(tags((await begin(owner)).generations), [1])
  })

  it('lets only so many of one owner run, however many workers claim at once', async () => {
    const { db, owner, stranger } = fixture
    const { generations } = await begin(owner, four)
    const claims = await Promise.allSettled(generations.map(({ id }) => db.work.claim(id, newId('worker'), 2)))
    const refused = claims.filter((result) => result.status === 'rejected')
    assert.equal(refused.length, 2)
    for (const { reason } of refused) {
      assert.ok(reason instanceof ClaimTooEarlyError)
      assert.ok(reason.retryMs >= 500 && reason.retryMs <= 10_000)
    }
    const rows = await Promise.all(generations.map(({ id }) => owner.generations.get(id)))
    // the refused ones are as they were: no attempt was counted
    assert.deepEqual(rows.map((row) => `${row!.status} ${row!.attempt}`).sort(), [
      'queued 0',
      'queued 0',
      'running 1',
      'running 1',
    ])
    assert.ok(await db.work.claim((await begin(stranger)).generation.id, newId('worker'), 2))
    // a worker that lost one may go on with it
    const lost = rows.find((row) => row!.status === 'running')!
    assert.equal((await db.work.claim(lost.id, newId('worker'), 2))?.attempt, 2)
  })
})
