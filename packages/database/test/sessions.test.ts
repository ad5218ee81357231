import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import type { ImageRow } from '../src/index.js'
import {
  addTurn,
  begin,
  claim,
  defaultImage,
  newImage,
  newOwner,
  openFixture,
  paint,
  use,
  type Fixture,
  everyTurn,
} from './support.js'

describe('sessions', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await openFixture()
  })
  afterAll(() => fixture.stop())

  it('are listed newest first, page by page, whatever is added or removed meanwhile', async () => {
    const { db, sql } = fixture
    const owner = await newOwner(db, 'pages')
    const made = []
    for (let i = 0; i < 7; i += 1) made.push(await owner.sessions.create({ title: `${i}` }))
    await sql("UPDATE sessions SET created_at = '2026-01-01' WHERE owner_id = $1", [owner.ownerId])
    const expected = made
      .map(({ id }) => id)
      .sort()
      .toReversed()
    const first = await owner.sessions.list({ limit: 3 })
    await owner.sessions.create({ title: 'newer' })
    await owner.sessions.delete(first.data[2]!.session.id)
    const second = await owner.sessions.list({ limit: 3, cursor: first.nextCursor! })
    const third = await owner.sessions.list({ limit: 3, cursor: second.nextCursor! })
    assert.deepEqual(
      [...first.data, ...second.data, ...third.data].map(({ session }) => session.id),
      expected,
    )
    assert.equal(third.nextCursor, null)
    assert.equal((await owner.sessions.list({ limit: 7 })).nextCursor, null)
    for (const cursor of ['', 'nonsense', Buffer.from('2026-01-01').toString('base64url')]) {
      await assert.rejects(owner.sessions.list({ limit: 3, cursor }), { code: 'invalid_request' })
    }
  })

  it('are renamed', async () => {
    const { owner } = fixture
    const session = await owner.sessions.create({})
    assert.equal(session.title, null)
    const renamed = await owner.sessions.update(session.id, { title: 'Balls' })
    assert.equal(renamed?.title, 'Balls')
    assert.ok(renamed.updatedAt >= session.updatedAt)
  })

  it('know the image that came in last', async () => {
    const { db, owner } = fixture
    const { session, generation } = await begin(owner)
    assert.equal(await defaultImage(owner, session.id), undefined)
    const first = await paint(db, owner, generation.id)
    assert.equal(await defaultImage(owner, session.id), first.id)
    const [photo, mask] = [await owner.images.create(newImage()), await owner.images.create(newImage('mask'))]
    const edit = await addTurn(owner, session.id, {
      images: [{ imageId: photo.id, maskId: mask.id, maskMode: 'keep' }],
    })
    assert.equal(await defaultImage(owner, session.id), photo.id)
    const second = await paint(db, owner, edit.generation.id)
    assert.equal(await defaultImage(owner, session.id), second.id)
    await addTurn(owner, session.id, { images: [use(first.id), use(second.id)] })
    assert.equal(await defaultImage(owner, session.id), first.id, 'a branch goes on from the image it went back to')
  })

  it('take with them what only they use', async () => {
    const { db, owner, sql } = fixture
    const { session, generation } = await begin(owner)
    await db.work.succeed(await claim(db, generation.id), {
      images: [newImage('generated'), newImage('generated')],
      timings: {},
      device: 'cpu',
    })
    const [kept, gone] = (await owner.generations.get(generation.id))!.images as [ImageRow, ImageRow]
    const other = await begin(owner, { images: [use(kept.id)] })
    const foreign = await paint(db, owner, other.generation.id)
    const [photo, shared] = [await owner.images.create(newImage()), await owner.images.create(newImage())]
    await addTurn(owner, other.session.id, { images: [use(shared.id)] })
    await addTurn(owner, session.id, { images: [photo, shared, foreign, gone].map(({ id }) => use(id)) })
    const deleted = await owner.sessions.delete(session.id)
    const expected = [gone, photo].flatMap((image) => [image.objectKey, image.thumbnailKey])
    assert.deepEqual(deleted?.objectKeys.toSorted(), expected.sort())
    assert.equal(await owner.sessions.delete(session.id), null)
    assert.equal(await owner.images.get(gone.id), null)
    assert.equal(await owner.images.get(photo.id), null)
    assert.equal((await owner.images.get(kept.id))?.generationId, null)
    assert.ok(await owner.images.get(shared.id))
    assert.equal((await owner.images.get(foreign.id))?.generationId, other.generation.id)
    for (const table of ['turns', 'generations', 'events'])
      assert.deepEqual(await sql(`SELECT 1 FROM ${table} WHERE session_id = $1`, [session.id]), [])
    assert.equal((await owner.turns.page(other.session.id, everyTurn))?.turns.length, 2)
  })

  it('can be deleted while other sessions begin to use their images', async () => {
    const { db, owner, sql } = fixture
    for (let round = 0; round < 8; round += 1) {
      const { session, generation } = await begin(owner)
      const image = await paint(db, owner, generation.id)
      const other = await owner.sessions.create({})
      const [deleted, used] = await Promise.allSettled([
        owner.sessions.delete(session.id),
        addTurn(owner, other.id, { images: [use(image.id)] }),
      ])
      assert.equal(deleted.status, 'fulfilled')
      if (used.status === 'rejected') assert.equal((used.reason as { code: string }).code, 'unknown_image')
      assert.equal(
        (await sql('SELECT 1 FROM images WHERE id = $1', [image.id])).length,
        used.status === 'fulfilled' ? 1 : 0,
      )
    }
  })
})
