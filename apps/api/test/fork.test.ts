import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import type { Generation, Session, SessionWithTurns, TurnInTree, TurnPage } from '@atelier/contracts'
import { essence, exported, filesOf, imported } from './support/archives.js'
import { manifestOf, readZip } from './support/read-zip.js'
import { richSession, type RichSession } from './support/rich-session.js'
import { startTestApi, type TestApi } from './support/test-api.js'

let api: TestApi
let rich: RichSession
beforeAll(async () => {
  api = await startTestApi()
  rich = await richSession(api)
})
afterAll(() => api.close())

describe('a fork', () => {
  const fork = (turnId: string, more: { title?: string; key?: string } = {}) =>
    api.send('POST', `/v1/sessions/${rich.id}/fork`, {
      body: { turnId, ...(more.title && { title: more.title }) },
      ...(more.key && { headers: { 'idempotency-key': more.key } }),
    })

  it('has the path to its turn, what has ended there, and copies of what was made there', async () => {
    const before = await exported(api, rich.id)
    const { status, body } = await fork(rich.turns.masked.id, { title: 'Masked' })
    assert.equal(status, 201)
    const session = (await api.send('GET', `/v1/sessions/${body.id}`)).body as SessionWithTurns
    assert.deepEqual(
      session.turns.map(({ instruction }) => instruction.slice(0, 8)),
      ['a circle', 'put @img'],
    )
    assert.deepEqual([session.title, session.activeTurnId], ['Masked', session.turns[1]!.id])
    const used = session.turns[1]!.images.find((image) => image.maskId !== null)
    const mentioned = session.turns[1]!.images.find((image) => image.maskId === null)
    assert.deepEqual(used, { imageId: rich.photoId, maskId: rich.maskId, maskMode: 'erase' })
    const copy = session.turns[0]!.generations[0]!.images[0]!
    assert.notEqual(copy.id, rich.firstId)
    assert.equal(mentioned!.imageId, copy.id)
    assert.ok(session.turns[1]!.instruction.includes(`@${copy.id}`))
    const copied = (await api.send('GET', `/v1/generations/${session.turns[1]!.generations[0]!.id}`)).body as Generation
    assert.deepEqual(copied.lcu.map(({ turnId }) => turnId).at(-1), session.turns[1]!.id)
    const content = async (id: string) =>
      (await api.app.inject({ url: `/v1/images/${id}/content`, headers: api.anna.headers })).rawPayload
    assert.ok((await content(copy.id)).equals(await content(rich.firstId)))
    assert.ok((await exported(api, rich.id)).rawPayload.equals(before.rawPayload), 'the original has changed')
  })

  it('has the turns too that its turns saw elsewhere, so it can be exported and imported', async () => {
    const { body } = await fork(rich.turns.wide.id)
    const { rawPayload } = await exported(api, body.id)
    const archive = manifestOf(await readZip(rawPayload))
    assert.deepEqual(
      archive.turns.map(({ instruction }) => instruction.split(' ')[0]),
      ['a', 'put', 'make', 'again'],
    )
    assert.equal(archive.session.title, 'All of it')
    assert.equal((await imported(api, rawPayload)).status, 201)
  })

  it('and its original do not need each other', async () => {
    const second = await imported(api, (await exported(api, rich.id)).rawPayload)
    const { turns } = (await api.send('GET', `/v1/sessions/${second.body.id}`)).body as SessionWithTurns
    const url = `/v1/sessions/${second.body.id}/fork`
    const [kept, gone] = [
      (await api.send('POST', url, { body: { turnId: turns[1]!.id } })).body as Session,
      (await api.send('POST', url, { body: { turnId: turns[1]!.id } })).body as Session,
    ]
    const [original, fork] = [essence(await filesOf(api, second.body.id)), essence(await filesOf(api, kept.id))]
    assert.equal((await api.send('DELETE', `/v1/sessions/${gone.id}`)).status, 204)
    assert.deepEqual(essence(await filesOf(api, second.body.id)), original)
    assert.equal((await api.send('DELETE', `/v1/sessions/${second.body.id}`)).status, 204)
    assert.deepEqual(essence(await filesOf(api, kept.id)), fork)
  })

  it('is made once for an Idempotency-Key', async () => {
    const [first, second] = [
      await fork(rich.turns.root.id, { key: 'fork-once' }),
      await fork(rich.turns.root.id, { key: 'fork-once' }),
    ]
    assert.deepEqual(second.body, first.body)
  })

  it('begins at a turn of the session, which is the caller’s', async () => {
    const counts = await api.count()
    assert.equal((await fork('trn_0000000000000000')).body.error.code, 'unknown_turn')
    const url = `/v1/sessions/${rich.id}/fork`
    assert.equal((await api.send('POST', url, { as: api.ben, body: { turnId: rich.turns.root.id } })).status, 404)
    assert.equal((await api.send('POST', url, { as: api.ben, body: {} })).status, 404)
    assert.deepEqual(await api.count(), counts)
  })

  it('of no turn is a duplicate: all branches, standing where the original stands', async () => {
    const { status, body } = await api.send('POST', `/v1/sessions/${rich.id}/fork`, { body: { title: 'Twice' } })
    assert.equal(status, 201)
    const turnsOf = async (id: string) => {
      const { data } = (await api.send('GET', `/v1/sessions/${id}/turns?path=all&limit=100`)).body as TurnPage
      return data
    }
    const [original, copy] = [await turnsOf(rich.id), await turnsOf(body.id)]
    const shape = (turns: TurnInTree[]) =>
      turns.map(({ parentTurnId, siblingIndex, siblingCount }) => [
        turns.findIndex(({ id }) => id === parentTurnId),
        siblingIndex,
        siblingCount,
      ])
    assert.deepEqual(shape(copy), shape(original))
    const place = (turns: TurnInTree[], id: string | null) => turns.findIndex((turn) => turn.id === id)
    const session = (await api.send('GET', `/v1/sessions/${rich.id}`)).body as Session
    assert.equal(body.title, 'Twice')
    assert.equal(place(copy, body.activeTurnId), place(original, session.activeTurnId))
    const empty = await api.session()
    assert.equal((await api.send('POST', `/v1/sessions/${empty}/fork`, { body: {} })).body.activeTurnId, null)
  })
})
