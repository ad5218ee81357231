import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { cleanUpAfterEach } from '@atelier/testing'
import { turnWithGenerationsSchema, type CreateTurnResponse, type Image, type ObjectSweep } from '@atelier/contracts'
import { ObjectNotFoundError } from '@atelier/objects'
import { startTestApi, uploaded, type TestApi } from './support/test-api.js'

const cleanUp = cleanUpAfterEach()

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.close())

const turn = async (session: string, body: object = {}): Promise<CreateTurnResponse> => {
  const answer = await api.send('POST', `/v1/sessions/${session}/turns`, {
    body: { instruction: 'x', images: [], ...body },
  })
  assert.equal(answer.status, 202, JSON.stringify(answer.body))
  return answer.body as CreateTurnResponse
}
/** A turn that has made a picture. */
const painted = async (session: string, body: object = {}) => {
  const created = await turn(session, body)
  const generation = created.generations[0]!.id
  await api.finish(generation)
  const [image] = (await api.send('GET', `/v1/generations/${generation}`)).body.images as [Image]
  return { ...created, image }
}
const sweep = async (body?: object) => {
  const answer = await api.send('POST', '/v1/admin/objects/sweep', { as: api.admin, ...(body && { body }) })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body as ObjectSweep
}
const remove = async (path: string, as = api.anna) => {
  const { status, body } = await api.send('DELETE', `/v1/${path}`, { as })
  return { status, code: body.error?.code as string | undefined, body }
}
/** Whether the files of a picture can be fetched. */
const files = async ({ url, thumbnailUrl }: Image) =>
  Promise.all([url, thumbnailUrl].map(async (path) => (await api.app.inject(path)).statusCode === 200))

describe('DELETE /v1/images/:id', () => {
  it('takes a picture with its files, once', async () => {
    const image = await uploaded(api)
    assert.equal((await remove(`images/${image.id}`, api.ben)).code, 'not_found')
    assert.deepEqual(await files(image), [true, true])
    assert.deepEqual(await remove(`images/${image.id}`), { status: 204, code: undefined, body: '' })
    assert.deepEqual(await files(image), [false, false])
    assert.equal((await api.send('GET', `/v1/images/${image.id}`)).status, 404)
    assert.equal((await remove(`images/${image.id}`)).code, 'not_found')
  })

  it('is refused while a turn needs it', async () => {
    const image = await uploaded(api)
    const { turn: user } = await turn(await api.session(), { images: [{ imageId: image.id }] })
    const { status, code, body } = await remove(`images/${image.id}`)
    assert.deepEqual([status, code, body.error.details], [409, 'in_use', { turnIds: [user.id] }])
    assert.match(body.error.message, new RegExp(`${image.id}.*${user.id}`))
    assert.deepEqual(await files(image), [true, true])
  })

  it('succeeds although a file cannot be deleted', async () => {
    const other = await startTestApi((d) => ({
      ...d,
      objects: Object.assign(Object.create(d.objects) as typeof d.objects, {
        delete: async () => {
          throw new Error('no disk')
        },
      }),
    }))
    cleanUp(() => other.close())
    const { id } = await uploaded(other)
    assert.equal((await other.send('DELETE', `/v1/images/${id}`)).status, 204)
    assert.equal((await other.send('GET', `/v1/images/${id}`)).status, 404)
  })

  it('lets the same bytes be uploaded again, as a new picture', async () => {
    const first = await uploaded(api)
    const { rawPayload } = await api.app.inject(first.url)
    await remove(`images/${first.id}`)
    const { body: second } = await api.upload(rawPayload)
    assert.notEqual(second.id, first.id)
    assert.deepEqual(await files(second as Image), [true, true])
  })
})

describe('/v1/turns/:id', () => {
  it('is the turn with its generations', async () => {
    const session = await api.session()
    const { turn: made, image } = await painted(session)
    const { body } = await api.send('GET', `/v1/turns/${made.id}`)
    assert.equal(turnWithGenerationsSchema.parse(body).generations[0]!.images[0]!.id, image.id)
    assert.equal((await api.send('GET', `/v1/turns/${made.id}`, { as: api.ben })).status, 404)
  })

  it('is deleted with its pictures, from the leaves to the root', async () => {
    const session = await api.session()
    const photo = await uploaded(api)
    const mask = await uploaded(api, 64, 64, { purpose: 'mask' })
    const first = await painted(session, { images: [{ imageId: photo.id, maskId: mask.id }] })
    const second = await painted(session, { images: [{ imageId: first.image.id }] })
    const refusal = await remove(`turns/${first.turn.id}`)
    assert.deepEqual([refusal.code, refusal.body.error.details], ['in_use', { turnIds: [second.turn.id] }])
    assert.equal((await remove(`turns/${second.turn.id}`, api.ben)).code, 'not_found')

    assert.equal((await remove(`turns/${second.turn.id}`)).status, 204)
    assert.deepEqual([...(await files(second.image)), ...(await files(first.image))], [false, false, true, true])
    const { body } = await api.send('GET', `/v1/sessions/${session}`)
    assert.deepEqual(
      [body.activeTurnId, body.turns.map(({ id }: { id: string }) => id)],
      [first.turn.id, [first.turn.id]],
    )

    assert.equal((await remove(`turns/${first.turn.id}`)).status, 204)
    for (const image of [first.image, photo, mask]) assert.deepEqual(await files(image), [false, false])
    assert.equal((await api.send('GET', `/v1/generations/${first.generations[0]!.id}`)).status, 404)
  })

  it('tells the log, whose earlier events can still be read', async () => {
    const session = await api.session()
    const { turn: made } = await painted(session)
    await remove(`turns/${made.id}`)
    const { lastSeq } = (await api.send('GET', `/v1/sessions/${session}`)).body
    const events = await api.database.forOwner(api.anna.ownerId).events.list(session, { afterSeq: 0 })
    assert.deepEqual([events.length, events.at(-1)!.type, lastSeq], [5, 'turn-deleted', 5])
  })

  it('that waits is never run', async () => {
    const { turn: waiting, generations } = await turn(await api.session())
    assert.equal((await remove(`turns/${waiting.id}`)).status, 204)
    assert.equal(await api.database.work.claim(generations[0]!.id, 'wrk_0000000000000000'), null)
  })
})

describe('DELETE /v1/sessions/:id', () => {
  it('takes what only it uses, and leaves what others use', async () => {
    const [session, other] = [await api.session(), await api.session()]
    const [photo, shared] = [await uploaded(api), await uploaded(api)]
    const made = await painted(session, { images: [{ imageId: photo.id }, { imageId: shared.id }] })
    const lent = await painted(session)
    await turn(other, { images: [{ imageId: shared.id }, { imageId: lent.image.id }] })
    assert.equal((await remove(`sessions/${session}`)).status, 204)
    const images = [photo, made.image, shared, lent.image]
    assert.deepEqual(
      (await Promise.all(images.map(files))).map(([file]) => file),
      [false, false, true, true],
    )
    await assert.rejects(api.objects.get(`images/${photo.id}.png`), ObjectNotFoundError)
    assert.equal((await remove(`sessions/${other}`)).status, 204)
    assert.deepEqual((await Promise.all(images.map(files))).flat().filter(Boolean), [])
  })
})

describe('orphaned objects', () => {
  it('are not left by all these deletions', async () => {
    const session = await api.session()
    await painted(session)
    await remove(`turns/${(await painted(session, { parentTurnId: null })).turn.id}`)
    const { objects, ...found } = await sweep({ olderThanSeconds: 0 })
    assert.deepEqual(found, { orphans: 0, bytes: 0, keys: [], deleted: 0 })
    assert.ok(objects >= 2)
  })

  it('are found, and deleted without dryRun', async () => {
    const { generations } = await turn(await api.session())
    const keys = ['images/img_0000000000000000.png', 'generations/gen_0000000000000000/0.png']
    const unfinished = `generations/${generations[0]!.id}/0.png`
    for (const key of [...keys, unfinished]) await api.objects.put(key, new Uint8Array(7))
    assert.deepEqual((await sweep()).keys, [], 'too young')
    const { objects, ...found } = await sweep({ olderThanSeconds: 0 })
    assert.deepEqual(found, { orphans: 2, bytes: 14, keys, deleted: 0 })
    assert.ok(await api.objects.head(keys[0]!))
    assert.deepEqual(await sweep({ olderThanSeconds: 0, dryRun: false }), { ...found, objects, deleted: 2 })
    const afterwards = { objects: objects - 2, orphans: 0, bytes: 0, keys: [], deleted: 0 }
    assert.deepEqual(await sweep({ olderThanSeconds: 0 }), afterwards)
    assert.ok(await api.objects.head(unfinished))
  })

  it('are collected by administrators alone', async () => {
    assert.equal((await api.send('POST', '/v1/admin/objects/sweep')).body.error.code, 'forbidden')
    const wrong = await api.send('POST', '/v1/admin/objects/sweep', { as: api.admin, body: { olderThanSeconds: -1 } })
    assert.equal(wrong.body.error.code, 'invalid_request')
  })
})
