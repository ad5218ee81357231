import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { newId, turnSchema } from '@atelier/contracts'
import { addTurn, begin, newImage, openFixture, paint, parameters, use, type Fixture } from './support.js'

describe('turns', () => {
  let fixture: Fixture
  before(async () => {
    fixture = await openFixture()
  })
  after(() => fixture.stop())

  it('keep seed and parameters of each generation, in order', async () => {
    const { owner } = fixture
    const { generations, ...turn } = await begin(owner, {
      generations: [7, 4294967295].map((seed) => ({ seed, parameters: { ...parameters, steps: seed % 10 } })),
    })
    assert.deepEqual(
      generations.map(({ seed, steps, status, attempt }) => ({ seed, steps, status, attempt })),
      [
        { seed: 7, steps: 7, status: 'queued', attempt: 0 },
        { seed: 4294967295, steps: 5, status: 'queued', attempt: 0 },
      ],
    )
    assert.deepEqual((await owner.turns.get(turn.id))?.generations, generations)
    assert.ok(turnSchema.safeParse(turn).success)
  })

  it('descend from the turn that made their first image', async () => {
    const { db, owner } = fixture
    const first = await begin(owner)
    const image = await paint(db, owner, first.generation.id)
    const uploaded = await owner.images.create(newImage())
    const second = await addTurn(owner, first.session.id, { images: [use(image.id), use(uploaded.id)] })
    assert.equal(second.parentTurnId, first.id)
    assert.equal(
      (await addTurn(owner, first.session.id, { images: [use(uploaded.id), use(image.id)] })).parentTurnId,
      null,
    )
    assert.equal((await addTurn(owner, first.session.id)).parentTurnId, null)
    const elsewhere = await begin(owner, { images: [use(image.id)] })
    assert.equal(elsewhere.parentTurnId, null, 'a turn of another session is no parent')
    assert.deepEqual((await owner.sessions.getWithTurns(first.session.id))?.turns.map(({ id }) => id).slice(0, 2), [
      first.id,
      second.id,
    ])
  })

  it('show the model the units of their history, renumbered', async () => {
    const { db, owner } = fixture
    const photo = await owner.images.create(newImage())
    const mask = await owner.images.create(newImage('mask'))
    const first = await begin(owner, {
      instruction: `make @${photo.id} green`,
      images: [{ imageId: photo.id, maskId: mask.id, maskMode: 'erase' }],
    })
    const green = await paint(db, owner, first.generation.id)
    await addTurn(owner, first.session.id, { instruction: 'a branch', images: [use(photo.id)] })
    const next = { instruction: `as in @${photo.id}, but @${green.id} blue`, images: [use(green.id)] }
    const { generation } = await addTurn(owner, first.session.id, next)
    assert.deepEqual(
      generation.lcu.map(({ instruction, images }) => [instruction, images]),
      [
        ['make {image} green', [{ imageId: photo.id, maskId: mask.id, maskMode: 'erase', indicator: '{image}' }]],
        [
          'as in {image}, but {image1} blue',
          [{ imageId: green.id, maskId: null, maskMode: 'keep', indicator: '{image1}' }],
        ],
      ],
    )
    const claimed = await db.work.claim(generation.id, newId('worker'))
    assert.deepEqual(Object.keys(claimed!.images).sort(), [photo.id, mask.id, green.id].sort())
    const none = await addTurn(owner, first.session.id, { ...next, history: { mode: 'none' } })
    assert.equal(none.generation.lcu.length, 1)
    const session = await addTurn(owner, first.session.id, { ...next, history: { mode: 'session', limit: 3 } })
    assert.equal(session.generation.lcu.length, 4)
  })

  it('write their events with the positions in the queue', async () => {
    const { owner, sql } = fixture
    await sql("UPDATE generations SET status = 'cancelled' WHERE status = 'queued'")
    const { session, id, generations } = await begin(owner, {
      generations: [1, 2].map((seed) => ({ seed, parameters })),
    })
    const later = await addTurn(owner, session.id)
    const events = await owner.events.list(session.id, { afterSeq: 0 })
    assert.deepEqual(
      events.map(({ seq, type, payload }) => [seq, type, payload.position]),
      [
        [1, 'turn-created', undefined],
        [2, 'generation-queued', 0],
        [3, 'generation-queued', 1],
        [4, 'turn-created', undefined],
        [5, 'generation-queued', 2],
      ],
    )
    assert.deepEqual(events[1]!.payload, {
      sessionId: session.id,
      turnId: id,
      generationId: generations[0]!.id,
      position: 0,
      attempt: 0,
    })
    assert.deepEqual(events[0]!.payload.generations, generations)
    assert.deepEqual(await owner.events.list(session.id, { afterSeq: 3, limit: 1 }), [events[3]])
    assert.equal((await owner.sessions.get(session.id))?.lastSeq, 5)
    assert.equal(later.sessionId, session.id)
  })

  it('leave nothing behind when an image is unknown', async () => {
    const { owner } = fixture
    const { session } = await begin(owner)
    const unknown = newId('image')
    await assert.rejects(addTurn(owner, session.id, { images: [use(unknown)] }), {
      code: 'unknown_image',
      details: { images: [unknown] },
    })
    assert.equal((await owner.events.list(session.id, { afterSeq: 0 })).length, 2)
  })
})
