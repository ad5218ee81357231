import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { Prisma } from '../src/generated/client.js'
import { createClient, createPool } from '../src/prisma/create-client.js'
import { generationColumns, imageColumns } from '../src/prisma/rows.js'
import { inTurn, statementsOf, type Statements } from '../src/prisma/statements.js'
import { sqlTransaction } from '../src/prisma/transaction.js'
import { begin, openFixture, paint, type Fixture } from './support.js'

describe('a transaction of SQL alone', () => {
  let fixture: Fixture
  let client: ReturnType<typeof createClient>
  beforeAll(async () => {
    fixture = await openFixture()
    client = createClient(createPool(fixture.url, 4))
  })
  afterAll(async () => {
    await client.$disconnect()
    await fixture.stop()
  })
  const lastSeq = async (id: string) => (await fixture.owner.sessions.get(id))?.lastSeq
  const count = (tx: Statements, id: string) =>
    tx.$executeRaw`UPDATE sessions SET last_seq = last_seq + 1 WHERE id = ${id}`

  it('is run again after a deadlock', async () => {
    const ids = [(await fixture.owner.sessions.create({})).id, (await fixture.owner.sessions.create({})).id] as const
    let [runs, arrived] = [0, 0]
    let go!: () => void
    const bothHoldOne = new Promise<void>((resolve) => {
      go = resolve
    })
    const crossing = (first: string, second: string) =>
      sqlTransaction(client, async (tx) => {
        runs += 1
        await count(tx, first)
        arrived += 1
        if (arrived === 2) go()
        await bothHoldOne
        await count(tx, second)
      })
    await Promise.all([crossing(ids[0], ids[1]), crossing(ids[1], ids[0])])
    assert.equal(runs, 3)
    assert.deepEqual([await lastSeq(ids[0]), await lastSeq(ids[1])], [2, 2])
  })

  it('is undone when its body throws, and when its body goes on after a statement that failed', async () => {
    const { id } = await fixture.owner.sessions.create({})
    const thrown = sqlTransaction(client, async (tx) => {
      await count(tx, id)
      throw new RangeError('no')
    })
    await assert.rejects(thrown, RangeError)
    const ignored = sqlTransaction(client, async (tx) => {
      await count(tx, id)
      await tx.$queryRaw`SELECT 1 / 0`.catch(() => {})
    })
    await assert.rejects(ignored, /rolled back/)
    assert.equal(await lastSeq(id), 0)
  })

  it('runs the statements of one round trip in order, and tells of the first that failed', async () => {
    const { id } = await fixture.owner.sessions.create({})
    const read = (tx: Statements) => async () => {
      const [row] = await tx.$queryRaw<{ n: number }[]>`SELECT last_seq AS n FROM sessions WHERE id = ${id}`
      return row!.n
    }
    const seen = await sqlTransaction(client, (tx) =>
      inTurn(
        tx,
        read(tx),
        () => count(tx, id),
        read(tx),
        () => count(tx, id),
        read(tx),
      ),
    )
    assert.deepEqual(seen, [0, 1, 1, 1, 2])
    const failing = sqlTransaction(client, (tx) =>
      inTurn(
        tx,
        () => count(tx, id),
        () => tx.$queryRaw`SELECT 1 / 0`,
        () => count(tx, id),
      ),
    )
    await assert.rejects(failing, /division by zero/)
    assert.equal(await lastSeq(id), 2)
  })

  it('fails as unavailable when its connection is lost, between two statements too, and the next one succeeds', async () => {
    const end = (pid: number) => fixture.sql('SELECT pg_terminate_backend($1)', [pid])
    const pidOf = async (tx: Statements) =>
      (await tx.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`)[0]!.pid
    const during = sqlTransaction(client, async (tx) => {
      const pid = await pidOf(tx)
      setTimeout(() => void end(pid), 100)
      await tx.$queryRaw`SELECT pg_sleep(20)`
    })
    await assert.rejects(during, { code: 'unavailable' })
    const between = sqlTransaction(client, async (tx) => {
      await end(await pidOf(tx))
      await sleep(200)
      await tx.$queryRaw`SELECT 1`
    })
    await assert.rejects(between, { code: 'unavailable' })
    assert.equal(await sqlTransaction(client, async () => 'done'), 'done')
  })

  it('lets no statement through once its body is over', async () => {
    let late: Promise<unknown> | undefined
    await sqlTransaction(client, async (tx) => {
      late = sleep(50).then(() => tx.$queryRaw`SELECT 1`)
    })
    await assert.rejects(late!, /is over/)
  })

  it('has the types that Prisma has', async () => {
    const { id } = await fixture.owner.sessions.create({})
    const sql = Prisma.sql`SELECT 9007199254740993::int8 AS "big", 1.5::float8 AS "float", '{"a":[1]}'::jsonb AS "json",
      ARRAY['x'] AS "list", created_at AS "time", NULL::text AS "none" FROM sessions WHERE id = ${id}`
    assert.deepEqual(await statementsOf(client).$queryRaw(sql), await client.$queryRaw(sql))
  })

  it('reads every column of a model', async () => {
    const { generation } = await begin(fixture.owner)
    const { id: imageId } = await paint(fixture.db, fixture.owner, generation.id)
    const sql = statementsOf(client)
    const where = { where: { id: generation.id } }
    assert.deepEqual(await sql.$queryRaw`SELECT ${generationColumns} FROM generations WHERE id = ${generation.id}`, [
      await client.generation.findUnique(where),
    ])
    assert.deepEqual(await sql.$queryRaw`SELECT ${imageColumns} FROM images WHERE id = ${imageId}`, [
      await client.image.findUnique({ where: { id: imageId } }),
    ])
  })
})
