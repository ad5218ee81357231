import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { newId } from '@atelier/contracts'
import { begin, claim, openFixture, paint, type Fixture } from './support.js'

describe('administration', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await openFixture()
  })
  afterAll(() => fixture.stop())

  it('makes keys whose token is stored only as a hash', async () => {
    const { db, sql } = fixture
    const { token, ...key } = await db.admin.createKey({ name: 'first', scopes: ['user', 'admin'] })
    assert.match(token, /^atl_[0-9a-hjkmnp-tv-z]{47}$/)
    assert.equal(key.hint, token.slice(0, 8))
    assert.deepEqual(await db.credentials.authenticate(token), {
      credentialId: key.id,
      keyId: key.id,
      ownerId: key.ownerId,
      scopes: ['user', 'admin'],
      expiresAt: null,
      validForMs: null,
    })
    assert.equal(await db.credentials.authenticate(`${token}x`), null)
    assert.ok(!JSON.stringify(await sql('SELECT * FROM keys')).includes(token.slice(8)))
    const second = await db.admin.createKey({ ownerId: key.ownerId, name: 'second', scopes: ['user'] })
    assert.equal(second.ownerId, key.ownerId)
    await assert.rejects(db.admin.createKey({ ownerId: newId('owner'), name: 'x', scopes: ['user'] }), {
      code: 'not_found',
    })
  })

  it('revokes keys for good', async () => {
    const { db } = fixture
    const { id, token } = await db.admin.createKey({ name: 'short', scopes: ['user'] })
    const revoked = await db.admin.revokeKey(id)
    assert.ok(revoked?.revokedAt)
    assert.deepEqual(await db.admin.revokeKey(id), revoked)
    assert.equal(await db.credentials.authenticate(token), null)
    assert.equal(await db.admin.revokeKey(newId('key')), null)
    assert.equal((await db.admin.listKeys({ limit: 1 })).data[0]?.id, id)
  })

  it('notes the last use of a key once a minute', async () => {
    const { db, sql } = fixture
    const { id, token } = await db.admin.createKey({ name: 'used', scopes: ['user'] })
    const lastUsed = async () =>
      (await sql<{ at: Date | null }>('SELECT last_used_at AS at FROM keys WHERE id = $1', [id]))[0]!.at?.getTime()
    assert.equal(await lastUsed(), undefined)
    await db.credentials.authenticate(token)
    const first = await lastUsed()
    await db.credentials.authenticate(token)
    assert.equal(await lastUsed(), first)
    await sql("UPDATE keys SET last_used_at = now() - interval '61 seconds' WHERE id = $1", [id])
    await db.credentials.authenticate(token)
    assert.ok((await lastUsed())! >= first!)
  })

  it('shows the workers that reported lately', async () => {
    const { db, sql } = fixture
    const report = {
      id: newId('worker'),
      state: 'ready' as const,
      device: 'cpu',
      deviceRequested: 'auto' as const,
      deviceFallback: 'no GPU',
      loading: null,
      unhealthyReason: null,
      models: ['tiny'],
      hostname: 'here',
      pid: 1,
      generationId: null,
      startedAt: '2026-01-01T00:00:00.000Z',
    }
    await db.work.report(report)
    await db.work.report({ ...report, state: 'busy', batchSize: 4 })
    const [shown] = await db.admin.workers(30)
    assert.deepEqual(
      { ...shown, lastSeenAt: undefined, stateSince: undefined },
      {
        ...report,
        state: 'busy',
        batchSize: 4,
        version: null,
        memoryBytes: null,
        drain: false,
        restarting: false,
        generation: null,
        generations: [],
        lastSeenAt: undefined,
        stateSince: undefined,
      },
    )
    await sql("UPDATE workers SET last_seen_at = now() - interval '31 seconds'")
    assert.deepEqual(await db.admin.workers(30), [])
    await sql("UPDATE workers SET last_seen_at = now() - interval '2 days'")
    await db.work.report({ ...report, id: newId('worker') })
    assert.equal((await sql('SELECT 1 FROM workers')).length, 1, 'long silent ones are removed')
    await db.work.forget((await db.admin.workers(30))[0]!.id)
    assert.deepEqual(await db.admin.workers(30), [])
  })

  it('finds what a sweep must look at, lists generations and counts usage', async () => {
    const { db, owner, sql } = fixture
    const [queued, running, done] = [await begin(owner), await begin(owner), await begin(owner)]
    await claim(db, running.generation.id)
    await paint(db, owner, done.generation.id)
    const overdue = () => db.admin.overdue({ olderThanSeconds: 10, silentSeconds: 20, limit: 10 })
    assert.deepEqual(await overdue(), [])
    await sql(
      "UPDATE generations SET queued_at = now() - interval '11 seconds', heartbeat_at = now() - interval '11 seconds'",
    )
    assert.deepEqual(await overdue(), [{ id: queued.generation.id, status: 'queued', queueTag: 1, total: 1 }])
    await sql("UPDATE generations SET heartbeat_at = now() - interval '21 seconds' WHERE status = 'running'")
    assert.equal((await overdue()).length, 2)
    const { data } = await db.admin.generations({ limit: 10, status: 'running' })
    assert.deepEqual(
      data.map(({ id, ownerId }) => [id, ownerId]),
      [[running.generation.id, owner.ownerId]],
    )
    assert.equal((await db.admin.generations({ limit: 10 })).data.length, 3)
    const usage = (await db.admin.usage({ limit: 100 })).data.find(({ ownerId }) => ownerId === owner.ownerId)
    assert.deepEqual(usage, { ownerId: owner.ownerId, name: 'owner', succeeded: 1, failed: 0, cancelled: 0, images: 1 })
    assert.deepEqual(await db.admin.ended(), [{ model: 'tiny', status: 'succeeded', code: '', count: 1 }])
  })
})
