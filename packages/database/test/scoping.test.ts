import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { newId } from '@atelier/contracts'
import type { OwnerRepositories } from '../src/index.js'
import { addTurn, begin, claim, newImage, openFixture, paint, parameters, use, type Fixture } from './support.js'

type Everything = Omit<OwnerRepositories, 'ownerId'>
/** One trial for every method; a method without one does not compile. */
type Trials = { [G in keyof Everything]: { [M in keyof Everything[G]]: () => Promise<void> } }

describe('a stranger', () => {
  let fixture: Fixture
  let sessionId: string, turnId: string, generationId: string, imageId: string, queuedId: string, failedId: string
  let webhookId: string
  let atFirst: unknown

  /** Every row of the owner. */
  const rowsOfOwner = async () => {
    const { sql, owner } = fixture
    const rows = []
    for (const table of ['sessions', 'turns', 'generations', 'images', 'idempotency_keys', 'webhooks']) {
      rows.push(await sql(`SELECT * FROM ${table} WHERE owner_id = $1 ORDER BY 1, 2, 3`, [owner.ownerId]))
    }
    return rows
  }

  beforeAll(async () => {
    fixture = await openFixture()
    const { db, owner } = fixture
    const started = await begin(owner)
    sessionId = started.session.id
    turnId = started.id
    generationId = started.generation.id
    imageId = (await paint(db, owner, generationId)).id
    const failed = await addTurn(owner, sessionId)
    failedId = failed.generation.id
    await db.work.fail(await claim(db, failedId), { code: 'model_failed', message: 'It failed.' })
    queuedId = (await addTurn(owner, sessionId)).generation.id
    await owner.idempotency.begin({ route: 'POST /v1/sessions', key: 'k', requestHash: 'h' })
    await owner.idempotency.finish({
      route: 'POST /v1/sessions',
      key: 'k',
      status: 201,
      body: { secret: true },
      resourceId: 'x',
    })
    const hook = { url: 'https://example.com', events: ['turn.created'], description: '' }
    webhookId = (await owner.webhooks.create(hook)).id
    atFirst = await rowsOfOwner()
  })
  afterAll(() => fixture.stop())

  const nothing = async (answer: Promise<unknown>) => assert.equal(await answer, null)
  const none = async (answer: Promise<unknown>) => assert.deepEqual(await answer, [])
  const key = { route: 'POST /v1/sessions', key: 'k' }
  const turn = {
    instruction: 'x',
    images: [],
    history: { mode: 'lineage' as const },
    model: 'tiny',
    generations: [{ seed: 1, parameters }],
  }

  const trials = (): Trials => {
    const { stranger } = fixture
    return {
      sessions: {
        create: async () => assert.notEqual((await stranger.sessions.create({})).id, sessionId),
        list: async () =>
          assert.ok(
            (await stranger.sessions.list({ limit: 100 })).data.every(({ session }) => session.id !== sessionId),
          ),
        get: () => nothing(stranger.sessions.get(sessionId)),
        getWithTurns: () => nothing(stranger.sessions.getWithTurns(sessionId, { limit: 10 })),
        update: () => nothing(stranger.sessions.update(sessionId, { title: 'mine' })),
        delete: () => nothing(stranger.sessions.delete(sessionId)),
        restore: async () => {
          const session = { id: newId('session'), title: null, activeTurnId: null }
          const copied = { ...turn, id: newId('turn'), parentTurnId: null, createdAt: new Date().toISOString() }
          const using = { session, turns: [{ ...copied, images: [use(imageId)] }], generations: [], images: [] }
          await assert.rejects(stranger.sessions.restore(using), { code: 'unknown_image' })
          assert.equal((await stranger.sessions.restore({ ...using, turns: [copied] })).id, session.id)
          // neither a session nor an image can be taken over by naming its id
          const sameId = { ...using, session: { ...session, id: sessionId }, turns: [] }
          await assert.rejects(stranger.sessions.restore(sameId))
          const taken = { ...newImage(), id: imageId, generationId: null, index: null, createdAt: copied.createdAt }
          await assert.rejects(stranger.sessions.restore({ ...using, images: [taken] }))
          const moved = { session: { ...session, activeTurnId: turnId }, turns: [], generations: [], images: [] }
          await assert.rejects(stranger.sessions.restore(moved), { code: 'unknown_turn' })
        },
      },
      content: {
        outline: () => nothing(stranger.content.outline(sessionId)),
        forkedTurns: () => none(stranger.content.forkedTurns(sessionId, turnId, 10)),
        turns: () => none(stranger.content.turns([turnId])),
        generations: () => none(stranger.content.generations([generationId])),
        images: () => none(stranger.content.images([imageId])),
      },
      images: {
        create: async () => {
          const image = newImage()
          assert.equal((await stranger.images.create(image, { reuse: true })).id, image.id)
        },
        reuse: async () => assert.notEqual((await stranger.images.reuse(newImage('uploaded')))?.id, imageId),
        // what `paint` makes has these bytes
        findMade: () => nothing(stranger.images.findMade(newImage().sha256)),
        get: () => nothing(stranger.images.get(imageId)),
        getMany: () => none(stranger.images.getMany([imageId])),
        delete: () => nothing(stranger.images.delete(imageId)),
      },
      turns: {
        insert: async () => {
          await nothing(stranger.turns.insert({ ...turn, sessionId }))
          const own = (await stranger.sessions.create({})).id
          await assert.rejects(stranger.turns.insert({ ...turn, sessionId: own, images: [use(imageId)] }), {
            code: 'unknown_image',
          })
          const mine = (await stranger.images.create(newImage())).id
          const masked = { imageId: mine, maskId: imageId, maskMode: 'keep' as const }
          await assert.rejects(stranger.turns.insert({ ...turn, sessionId: own, images: [masked] }), {
            code: 'unknown_image',
          })
          await assert.rejects(stranger.turns.insert({ ...turn, sessionId: own, instruction: `@${imageId}` }), {
            code: 'unknown_mention',
          })
          await assert.rejects(stranger.turns.insert({ ...turn, sessionId: own, parentTurnId: turnId }), {
            code: 'unknown_turn',
          })
          const { images: _, ...open } = turn
          assert.deepEqual((await stranger.turns.insert({ ...open, sessionId: own }))?.images, [])
        },
        plan: async () => {
          await nothing(stranger.turns.plan({ ...turn, sessionId }))
          const own = (await stranger.sessions.create({})).id
          for (const place of [null, own]) {
            const planned = { ...turn, sessionId: place }
            await assert.rejects(stranger.turns.plan({ ...planned, images: [use(imageId)] }), { code: 'unknown_image' })
            await assert.rejects(stranger.turns.plan({ ...planned, parentTurnId: turnId }), { code: 'unknown_turn' })
          }
        },
        get: () => nothing(stranger.turns.get(turnId)),
        getCreated: () => nothing(stranger.turns.getCreated(turnId)),
        page: async () => {
          await nothing(stranger.turns.page(sessionId, { path: 'active', limit: 10 }))
          const own = (await stranger.sessions.create({})).id
          const seen = { path: 'active' as const, limit: 10 }
          await assert.rejects(stranger.turns.page(own, { ...seen, turn: turnId }), { code: 'unknown_turn' })
          await assert.rejects(stranger.turns.page(own, { ...seen, before: turnId }), { code: 'invalid_request' })
          await assert.rejects(stranger.turns.page(own, { ...seen, after: turnId }), { code: 'invalid_request' })
        },
        siblings: () => nothing(stranger.turns.siblings(turnId, { limit: 10, from: 0 })),
        delete: () => nothing(stranger.turns.delete(turnId)),
      },
      generations: {
        get: () => nothing(stranger.generations.get(generationId)),
        ofTurn: () => nothing(stranger.generations.ofTurn(turnId, { limit: 10 })),
        running: () => none(stranger.generations.running(sessionId)),
        place: () => nothing(stranger.generations.place(queuedId)),
        cancel: () => nothing(stranger.generations.cancel(queuedId)),
        retry: () => nothing(stranger.generations.retry(failedId, 2)),
        reproduce: () => nothing(stranger.generations.reproduce(generationId)),
      },
      events: { list: () => none(stranger.events.list(sessionId, { afterSeq: 0 })) },
      idempotency: {
        look: () => nothing(stranger.idempotency.look(key)),
        begin: async () =>
          assert.deepEqual(await stranger.idempotency.begin({ ...key, requestHash: 'h' }), { state: 'new' }),
        renew: () => stranger.idempotency.renew(key),
        finish: () => stranger.idempotency.finish({ ...key, status: 500, body: null, resourceId: 'x' }),
        release: () => stranger.idempotency.release(key),
        join: () => stranger.idempotency.join('x'),
        leave: async () => assert.equal(await stranger.idempotency.leave('x'), 0),
        forget: () => stranger.idempotency.forget({ ...key, resourceId: 'x' }),
      },
      limits: {
        used: async () => {
          // what other trials made is the stranger's own
          const { running, turnsPerSession } = await stranger.limits.used()
          assert.deepEqual([running, turnsPerSession <= 1], [0, true])
        },
        own: async () => assert.deepEqual(await stranger.limits.own(), {}),
        check: () => stranger.limits.check({ images: 1 }),
      },
      webhooks: {
        create: async () => {
          const own = await stranger.webhooks.create({
            url: 'https://example.com',
            events: ['turn.created'],
            description: '',
          })
          assert.notEqual(own.id, webhookId)
        },
        list: async () =>
          assert.ok((await stranger.webhooks.list({ limit: 10 })).data.every(({ id }) => id !== webhookId)),
        get: () => nothing(stranger.webhooks.get(webhookId)),
        update: () => nothing(stranger.webhooks.update(webhookId, { enabled: false })),
        rotate: () => nothing(stranger.webhooks.rotate(webhookId, 0)),
        delete: async () => assert.equal(await stranger.webhooks.delete(webhookId), false),
        deliveries: () => nothing(stranger.webhooks.deliveries(webhookId, { limit: 10 })),
        replay: () => nothing(stranger.webhooks.replay(webhookId, 'msg_0000000000000000')),
        turnSecret: async () =>
          assert.notEqual(await stranger.webhooks.turnSecret(), await fixture.owner.webhooks.turnSecret()),
        rotateTurnSecret: async () => {
          const secret = await fixture.owner.webhooks.turnSecret()
          assert.notEqual(await stranger.webhooks.rotateTurnSecret(0), secret)
          assert.equal(await fixture.owner.webhooks.turnSecret(), secret)
        },
      },
    }
  }

  it('gets nothing and changes nothing, whatever it calls', async () => {
    for (const group of Object.values(trials())) {
      for (const [name, trial] of Object.entries(group)) {
        await trial()
        assert.deepEqual(await rowsOfOwner(), atFirst, `${name} changed a row of the owner`)
      }
    }
  })

  it('is tried with every method that there is', () => {
    const names = (of: object) =>
      Object.entries(of)
        .filter(([k]) => k !== 'ownerId')
        .map(([group, methods]) => [group, Object.keys(methods as object).sort()])
    assert.deepEqual(names(trials()).sort(), names(fixture.owner).sort())
  })
})
