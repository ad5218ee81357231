import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { begin, newImage, openFixture, paint, type Fixture } from './support.js'

describe('images', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await openFixture()
  })
  afterAll(() => fixture.stop())
  const reuse = { reuse: true }
  const bytes = (letter: string, kind: 'uploaded' | 'mask' = 'uploaded') => ({
    ...newImage(kind),
    sha256: letter.repeat(64),
  })

  it('are stored once for equal bytes, when asked to', async () => {
    const { owner, stranger } = fixture
    const first = await owner.images.create(bytes('a'), reuse)
    assert.deepEqual(await owner.images.create(bytes('a'), reuse), first)
    const again = await owner.images.create(bytes('a'))
    assert.notEqual(again.id, first.id)
    assert.deepEqual(await owner.images.reuse(again), first, 'the oldest')
    assert.notEqual((await owner.images.create(bytes('b'), reuse)).id, first.id)
    assert.notEqual((await stranger.images.create(bytes('a'), reuse)).id, first.id)
  })

  it('made by the model are found too, masks only as masks', async () => {
    const { db, owner } = fixture
    const made = await paint(db, owner, (await begin(owner)).generation.id)
    assert.deepEqual(await owner.images.create(newImage(), reuse), made)
    const mask = await owner.images.create({ ...newImage('mask') }, reuse)
    assert.notEqual(mask.id, made.id)
    assert.deepEqual(await owner.images.create(newImage('mask'), reuse), mask)
  })

  it('of turns are found by their bytes, the newest first, until their turn is deleted', async () => {
    const { db, owner, stranger } = fixture
    const { sha256 } = newImage()
    const older = await paint(db, owner, (await begin(owner)).generation.id)
    const turn = await begin(owner)
    const newer = await paint(db, owner, turn.generation.id)
    assert.deepEqual(await owner.images.findMade(sha256), newer)
    assert.equal(await stranger.images.findMade(sha256), null)
    await owner.turns.delete(turn.id)
    assert.deepEqual(await owner.images.findMade(sha256), older)
    const uploaded = await owner.images.create(bytes('8'))
    assert.equal(await owner.images.findMade(uploaded.sha256), null, 'an upload')
  })

  it('that come twice at once are one', async () => {
    const { owner } = fixture
    for (const letter of 'cdef') {
      const rows = await Promise.all(Array.from({ length: 4 }, () => owner.images.create(bytes(letter), reuse)))
      assert.equal(new Set(rows.map(({ id }) => id)).size, 1)
    }
  })

  it('are kept when the same was sent since, by those who delete what is unshared or old', async () => {
    const { owner, sql } = fixture
    const unshared = { unshared: true }
    const [shared, alone] = [await owner.images.create(bytes('6'), reuse), await owner.images.create(bytes('7'), reuse)]
    assert.deepEqual(await owner.images.create(bytes('6'), reuse), shared)
    assert.equal(await owner.images.delete(shared.id, unshared), null)
    assert.notEqual(await owner.images.delete(alone.id, unshared), null)
    await sql("UPDATE images SET created_at = now() - interval '31 days' WHERE id = $1", [shared.id])
    assert.equal(await owner.images.delete(shared.id, { unsentForDays: 30 }), null)
    await sql('UPDATE images SET sent_at = created_at WHERE id = $1', [shared.id])
    assert.notEqual(await owner.images.delete(shared.id, { unsentForDays: 30 }), null)
  })

  it('that are being deleted are not answered', async () => {
    const { owner, sql } = fixture
    const old = await owner.images.create(bytes('9'), reuse)
    await sql('BEGIN')
    await sql('DELETE FROM images WHERE id = $1', [old.id])
    const fresh = bytes('9')
    const creating = owner.images.create(fresh, reuse)
    assert.equal(await Promise.race([creating, sleep(200, 'waits')]), 'waits')
    await sql('COMMIT')
    assert.equal((await creating).id, fresh.id)
  })
})
