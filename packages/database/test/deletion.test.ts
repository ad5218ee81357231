import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { LostClaimError, type ImageRow, type OwnerRepositories } from '../src/index.js'
import { addTurn, begin, claim, newImage, openFixture, paint, use, type Fixture, everyTurn } from './support.js'

/** What a turn needs to hang on nothing. */
const alone = { parentTurnId: null, history: { mode: 'none' as const } }
const keysOf = (...images: ImageRow[]) => images.flatMap((i) => [i.objectKey, i.thumbnailKey]).sort()
const keysIn = (answer: { objectKeys: string[] } | null) => answer?.objectKeys.toSorted()
const present = async (owner: OwnerRepositories, ...images: ImageRow[]) =>
  Promise.all(images.map(async ({ id }) => (await owner.images.get(id)) !== null))

describe('deleting an image', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await openFixture()
  })
  afterAll(() => fixture.stop())

  it('is refused while a turn uses it as image or mask, naming the turns', async () => {
    const { owner } = fixture
    const [image, mask] = [await owner.images.create(newImage()), await owner.images.create(newImage('mask'))]
    const images = [{ imageId: image.id, maskId: mask.id, maskMode: 'keep' as const }]
    const first = await begin(owner, { images })
    const second = await begin(owner, { images })
    const turnIds = [first.id, second.id].sort()
    for (const { id } of [image, mask]) {
      await assert.rejects(owner.images.delete(id), (error: Error & { code: string; details: unknown }) => {
        assert.equal(error.code, 'in_use')
        assert.deepEqual(error.details, { turnIds })
        assert.match(error.message, new RegExp(`^${id} is still needed by ${turnIds.join(', ')}\\.`))
        return true
      })
    }
    assert.deepEqual(await present(owner, image, mask), [true, true])
  })

  it('takes row and objects, of a made one too', async () => {
    const { db, owner } = fixture
    const { generation } = await begin(owner)
    const made = await paint(db, owner, generation.id)
    for (const image of [made, await owner.images.create(newImage())]) {
      assert.deepEqual(keysIn(await owner.images.delete(image.id)), keysOf(image))
      assert.equal(await owner.images.delete(image.id), null)
    }
    assert.deepEqual((await owner.generations.get(generation.id))?.images, [])
  })

  it('leaves objects that another row names', async () => {
    const { owner } = fixture
    const image = await owner.images.create(newImage())
    const { objectKey } = image
    const copy = await owner.images.create({ ...newImage(), objectKey })
    assert.deepEqual(await owner.images.delete(image.id), { objectKeys: [image.thumbnailKey] })
    assert.deepEqual(keysIn(await owner.images.delete(copy.id)), keysOf(copy))
  })

  it('and beginning to use it cannot both succeed', async () => {
    const { owner } = fixture
    for (let round = 0; round < 8; round += 1) {
      const image = await owner.images.create(newImage())
      const [deleted, used] = await Promise.allSettled([
        owner.images.delete(image.id),
        begin(owner, { images: [use(image.id)] }),
      ])
      assert.deepEqual([deleted.status, used.status].sort(), ['fulfilled', 'rejected'])
      const { reason } = [deleted, used].find((outcome) => outcome.status === 'rejected') as PromiseRejectedResult
      assert.ok(['in_use', 'unknown_image'].includes(reason.code))
      assert.deepEqual(await present(owner, image), [used.status === 'fulfilled'])
    }
  })
})

describe('deleting the picture that a turn edits by default', () => {
  it('takes it before the turn sees it, or is refused', async () => {
    const fixture = await openFixture()
    const { db, owner } = fixture
    for (let round = 0; round < 8; round += 1) {
      const { session, generation } = await begin(owner)
      const made = await paint(db, owner, generation.id)
      const [deleted, turn] = await Promise.allSettled([
        owner.images.delete(made.id),
        addTurn(owner, session.id, { images: undefined }),
      ])
      if (turn.status === 'rejected') assert.equal((turn.reason as { code: string }).code, 'unknown_image')
      const uses = turn.status === 'fulfilled' && turn.value.images.length > 0
      assert.deepEqual([deleted.status, await present(owner, made)], [uses ? 'rejected' : 'fulfilled', [uses]])
    }
    await fixture.stop()
  })
})

describe('deleting a turn', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await openFixture()
  })
  afterAll(() => fixture.stop())

  it('is refused while another one follows it or was shown it', async () => {
    const { owner } = fixture
    const images = [use((await owner.images.create(newImage())).id)]
    const first = await begin(owner, { images })
    const child = await addTurn(owner, first.session.id, { history: { mode: 'none' }, images })
    const shown = await addTurn(owner, first.session.id, { parentTurnId: null, history: { mode: 'session' } })
    const needing = async (id: string, turnIds: string[]) =>
      assert.rejects(owner.turns.delete(id), { code: 'in_use', details: { turnIds: turnIds.sort() } })
    await needing(first.id, [child.id, shown.id])
    await needing(child.id, [shown.id])
    await owner.turns.delete(shown.id)
    await needing(first.id, [child.id])
    await owner.turns.delete(child.id)
    await owner.turns.delete(first.id)
    assert.equal(await owner.turns.delete(first.id), null)
  })

  it('takes what it made and used, but nothing that others use or have made', async () => {
    const { db, owner } = fixture
    const first = await begin(owner)
    const made = await paint(db, owner, first.generation.id)
    const photos = []
    for (const kind of ['uploaded', 'uploaded', 'mask', 'mask'] as const)
      photos.push(await owner.images.create(newImage(kind)))
    const [photo, shared, mask, sharedMask] = photos as [ImageRow, ImageRow, ImageRow, ImageRow]
    const other = await begin(owner, {
      images: [use(shared.id), { imageId: photo.id, maskId: sharedMask.id, maskMode: 'keep' }],
    })
    const turn = await addTurn(owner, first.session.id, {
      images: [
        use(made.id),
        { imageId: shared.id, maskId: mask.id, maskMode: 'keep' },
        { imageId: photo.id, maskId: sharedMask.id, maskMode: 'erase' },
      ],
    })
    const own = await paint(db, owner, turn.generation.id)
    assert.deepEqual(keysIn(await owner.turns.delete(turn.id)), keysOf(mask, own))
    assert.deepEqual(await present(owner, made, photo, shared, sharedMask), [true, true, true, true])
    assert.deepEqual(keysIn(await owner.turns.delete(other.id)), keysOf(photo, shared, sharedMask))
    assert.equal((await owner.images.get(made.id))?.generationId, first.generation.id)
  })

  it('leaves a made image that another turn uses, until that goes too', async () => {
    const { db, owner } = fixture
    const { session, id, generation } = await begin(owner)
    const made = await paint(db, owner, generation.id)
    const user = await addTurn(owner, session.id, { ...alone, images: [use(made.id)] })
    assert.deepEqual(await owner.turns.delete(id), { objectKeys: [] })
    assert.equal((await owner.images.get(made.id))?.generationId, null)
    assert.deepEqual(keysIn(await owner.turns.delete(user.id)), keysOf(made))
  })

  it('moves the session to its parent, else to the newest one, else nowhere', async () => {
    const { owner } = fixture
    const first = await begin(owner)
    const { id: sessionId } = first.session
    const active = async () => (await owner.sessions.get(sessionId))?.activeTurnId
    const second = await addTurn(owner, sessionId, alone)
    const child = await addTurn(owner, sessionId, { parentTurnId: first.id })
    const last = await addTurn(owner, sessionId, alone)
    await owner.sessions.update(sessionId, { activeTurnId: child.id })
    await owner.turns.delete(second.id)
    assert.equal(await active(), child.id)
    await owner.turns.delete(child.id)
    assert.equal(await active(), first.id)
    await owner.turns.delete(first.id)
    assert.equal(await active(), last.id)
    await owner.turns.delete(last.id)
    assert.equal(await active(), null)
    assert.deepEqual((await owner.turns.page(sessionId, everyTurn))?.turns, [])
  })

  it('is the last event about it, the next number of the log', async () => {
    const { owner } = fixture
    const { session, id } = await begin(owner)
    await owner.turns.delete(id)
    const next = await addTurn(owner, session.id)
    const events = await owner.events.list(session.id, { afterSeq: 0 })
    assert.deepEqual(
      events.map(({ seq, type, payload }) => [seq, type, payload.turnId]),
      [
        [1, 'turn-created', id],
        [2, 'generation-queued', id],
        [3, 'turn-deleted', id],
        [4, 'turn-created', next.id],
        [5, 'generation-queued', next.id],
      ],
    )
    assert.deepEqual(events[2]!.payload, { sessionId: session.id, turnId: id })
    assert.equal((await owner.sessions.get(session.id))?.lastSeq, 5)
  })

  it('wakes its worker, which can write nothing more', async () => {
    const { db, owner } = fixture
    const { id, generation } = await begin(owner)
    const queued = await begin(owner)
    const claimed = await claim(db, generation.id)
    const wakeups = await db.listen()
    const woken = new Promise((resolve) => {
      wakeups.onCancel(resolve)
    })
    await owner.turns.delete(id)
    assert.equal(await woken, generation.id)
    await wakeups.close()
    await assert.rejects(db.work.step(claimed, 1), LostClaimError)
    await assert.rejects(
      db.work.succeed(claimed, { images: [newImage('generated')], timings: {}, device: 'cpu' }),
      LostClaimError,
    )
    await owner.turns.delete(queued.id)
    assert.equal(await db.work.claim(queued.generation.id, 'wrk_0000000000000000'), null)
  })

  it('can race with turns that follow it or use its images', async () => {
    const { db, owner, sql } = fixture
    for (let round = 0; round < 8; round += 1) {
      const { session, id, generation } = await begin(owner)
      const made = await paint(db, owner, generation.id)
      const other = await owner.sessions.create({})
      const [deleted, followed, used] = await Promise.allSettled([
        owner.turns.delete(id),
        addTurn(owner, session.id, { parentTurnId: id }),
        addTurn(owner, other.id, { images: [use(made.id)] }),
      ])
      assert.notEqual(deleted.status, followed.status)
      if (deleted.status === 'rejected') assert.equal((deleted.reason as { code: string }).code, 'in_use')
      const kept = deleted.status === 'rejected' || used.status === 'fulfilled'
      assert.deepEqual(await present(owner, made), [kept])
      const log = await sql<{ seq: number }>('SELECT seq FROM events WHERE session_id = $1 ORDER BY seq', [session.id])
      assert.deepEqual(
        log.map(({ seq }) => seq),
        log.map((_, index) => index + 1),
      )
    }
  })
})
