import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { newId, turnSchema } from '@atelier/contracts'
import type { GenerationRow } from '../src/index.js'
import {
  addTurn,
  begin,
  claim,
  defaultImage,
  newImage,
  openFixture,
  paint,
  parameters,
  use,
  type Fixture,
  everyTurn,
} from './support.js'

const withoutLcu = ({ lcu: _lcu, historyDropped: _dropped, ...rest }: GenerationRow) => rest

describe('turns', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await openFixture()
  })
  afterAll(() => fixture.stop())

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
    assert.deepEqual((await owner.turns.getCreated(turn.id))?.generations, generations)
    assert.deepEqual((await owner.turns.get(turn.id))?.generations, generations.map(withoutLcu))
    assert.ok(turnSchema.safeParse(turn).success)
  })

  it('descend from the turn that made their first image', async () => {
    const { db, owner } = fixture
    const first = await begin(owner)
    const image = await paint(db, owner, first.generation.id)
    const uploaded = await owner.images.create(newImage())
    const second = await addTurn(owner, first.session.id, { images: [use(image.id), use(uploaded.id)] })
    assert.equal(second.parentTurnId, first.id)
    const third = await addTurn(owner, first.session.id, { images: [use(uploaded.id), use(image.id)] })
    assert.equal(third.parentTurnId, second.id, 'the first that used an uploaded image brought it in')
    assert.equal((await addTurn(owner, first.session.id)).parentTurnId, third.id, 'no image: the turn before')
    const fresh = await owner.images.create(newImage())
    const fifth = await addTurn(owner, first.session.id, { images: [use(fresh.id)] })
    assert.equal(fifth.parentTurnId, (await owner.turns.page(first.session.id, everyTurn))!.turns[3]!.id)
    const elsewhere = await begin(owner, { images: [use(image.id)] })
    assert.equal(elsewhere.parentTurnId, null, 'a turn of another session is no parent')
    assert.deepEqual((await owner.turns.page(first.session.id, everyTurn))?.turns.map(({ id }) => id).slice(0, 2), [
      first.id,
      second.id,
    ])
  })

  it('stand where the request puts them: siblings, roots, never elsewhere', async () => {
    const { owner } = fixture
    const root = await begin(owner)
    const left = await addTurn(owner, root.session.id)
    const right = await addTurn(owner, root.session.id, { parentTurnId: left.parentTurnId })
    const other = await addTurn(owner, root.session.id, { parentTurnId: null })
    const all = (await owner.turns.page(root.session.id, everyTurn))!
    assert.deepEqual(
      all.turns.map(({ id, parentTurnId, siblingIndex, siblingCount }) => [
        id,
        parentTurnId,
        siblingIndex,
        siblingCount,
      ]),
      [
        [root.id, null, 0, 2],
        [left.id, root.id, 0, 2],
        [right.id, root.id, 1, 2],
        [other.id, null, 1, 2],
      ],
    )
    const path = async () => {
      const { session, page } = (await owner.sessions.getWithTurns(root.session.id, { limit: 100 }))!
      return [session.activeTurnId, page.turns.map(({ id }) => id)]
    }
    assert.deepEqual(await path(), [other.id, [other.id]])
    const elsewhere = await begin(owner)
    for (const parentTurnId of [elsewhere.id, newId('turn')])
      await assert.rejects(addTurn(owner, root.session.id, { parentTurnId }), { code: 'unknown_turn' })
    await assert.rejects(owner.sessions.update(root.session.id, { activeTurnId: elsewhere.id }), {
      code: 'unknown_turn',
    })
    await owner.sessions.update(root.session.id, { activeTurnId: left.id })
    assert.deepEqual(await path(), [left.id, [root.id, left.id]])
    assert.equal((await addTurn(owner, root.session.id)).parentTurnId, left.id, 'the conversation goes on there')
  })

  it('without images edit the latest picture at their place in the tree', async () => {
    const { db, owner } = fixture
    const first = await begin(owner)
    const { id } = first.session
    const one = await paint(db, owner, first.generation.id)
    const second = await addTurn(owner, id, { images: [use(one.id)] })
    assert.equal(await defaultImage(owner, id), one.id, 'not made yet: what the turn edits')
    const two = await paint(db, owner, second.generation.id)
    const branch = await addTurn(owner, id, { images: [use(one.id)] })
    await paint(db, owner, branch.generation.id)
    assert.equal(await defaultImage(owner, id, second.id), two.id)
    assert.equal(await defaultImage(owner, id, first.id), one.id)
    assert.equal(await defaultImage(owner, id, null), undefined)
    await paint(db, owner, (await owner.generations.reproduce(second.generation.id))!.id)
    assert.equal(await defaultImage(owner, id, second.id), two.id, 'a repetition is no new picture')
    const again = (await owner.generations.retry(second.generation.id, 5))!
    assert.equal(await defaultImage(owner, id, second.id), two.id)
    const three = await paint(db, owner, again.id)
    assert.equal(await defaultImage(owner, id, second.id), three.id)
  })

  it('report what the nine frames had no room for', async () => {
    const { owner } = fixture
    const photos = await Promise.all(Array.from({ length: 4 }, () => owner.images.create(newImage())))
    const images = photos.map(({ id }) => use(id))
    const { session, id } = await begin(owner, { images })
    const second = await addTurn(owner, session.id, { images, parentTurnId: id })
    const third = await addTurn(owner, session.id, { images, parentTurnId: second.id })
    assert.deepEqual(
      third.generation.lcu.map(({ turnId }) => turnId),
      [second.id, third.id],
    )
    assert.deepEqual(third.generation.historyDropped, [id])
    assert.deepEqual(second.generation.historyDropped, [])
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
          'as in {image1}, but {image2} blue',
          [
            { ...use(photo.id), indicator: '{image1}' },
            { ...use(green.id), indicator: '{image2}' },
          ],
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
    await sql("UPDATE generations SET status = 'cancelled', finished_at = now() WHERE status = 'queued'")
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
      etaSeconds: null,
      attempt: 0,
    })
    assert.deepEqual(events[0]!.payload.generations, generations.map(withoutLcu))
    assert.deepEqual(await owner.events.list(session.id, { afterSeq: 3, limit: 1 }), [events[3]])
    assert.equal((await owner.sessions.get(session.id))?.lastSeq, 5)
    assert.equal(later.sessionId, session.id)
  })

  it('were made exactly when they are from before there were speeds', async () => {
    const { db, owner, sql } = fixture
    const { session, generation } = await begin(owner)
    await sql("UPDATE generations SET parameters = parameters - 'speed' WHERE id = $1", [generation.id])
    await sql(
      "UPDATE events SET payload = payload #- '{generations,0,parameters,speed}' WHERE session_id = $1 AND seq = 1",
      [session.id],
    )
    const [event] = await owner.events.list(session.id, { afterSeq: 0 })
    const seen = [
      (await owner.generations.get(generation.id))!.parameters,
      (event!.payload.generations as GenerationRow[])[0]!.parameters,
      (await claim(db, generation.id)).parameters,
    ]
    for (const { speed, ...rest } of seen)
      assert.deepEqual([speed, rest.steps, Object.keys(rest).length], ['exact', 4, Object.keys(parameters).length - 1])
  })

  it('leave nothing behind when an image is unknown', async () => {
    const { owner } = fixture
    const { session } = await begin(owner)
    const unknown = newId('image')
    await assert.rejects(addTurn(owner, session.id, { images: [use(unknown)] }), {
      code: 'unknown_image',
      details: { field: 'images.0.imageId', imageId: unknown },
    })
    assert.equal((await owner.events.list(session.id, { afterSeq: 0 })).length, 2)
  })
})
