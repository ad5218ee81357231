import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { cleanUpAfterEach } from '@atelier/testing'
import {
  archiveSchema,
  sessionSchema,
  type Archive,
  type Generation,
  type Session,
  type SessionWithTurns,
  type TurnInTree,
  type TurnPage,
} from '@atelier/contracts'
import { manifestOf, readZip, type Files } from './support/read-zip.js'
import { richSession, type RichSession } from './support/rich-session.js'
import { multipart, startTestApi, type Person, type TestApi } from './support/test-api.js'

const cleanUp = cleanUpAfterEach()

let api: TestApi
let rich: RichSession
beforeAll(async () => {
  api = await startTestApi()
  rich = await richSession(api)
})
afterAll(() => api.close())

const exported = async (id: string, as = api.anna) => {
  const answer = await api.app.inject({ url: `/v1/sessions/${id}/export`, headers: as.headers })
  assert.equal(answer.statusCode, 200, answer.body)
  return answer
}
const filesOf = async (id: string, as?: Person) => readZip((await exported(id, as)).rawPayload)

async function imported(archive: Buffer, as = api.anna, more: Record<string, string> = {}) {
  const { payload, headers } = multipart(archive)
  const url = '/v1/sessions/import'
  const answer = await api.app.inject({ method: 'POST', url, payload, headers: { ...as.headers, ...headers, ...more } })
  return { status: answer.statusCode, headers: answer.headers, body: JSON.parse(answer.body) as Session }
}

/** The text with every id replaced by its kind and the number of its first appearance. */
function numbered(text: string): string {
  const numbers = new Map<string, string>()
  return text.replace(/(trn|gen|img)_[0-9a-z]{16}/g, (id, kind: string) => {
    const name = numbers.get(id) ?? `${kind} ${numbers.size}`
    numbers.set(id, name)
    return name
  })
}

/** Everything of an archive that does not depend on ids. */
const essence = (files: Files) => ({
  manifest: numbered(files.get('session.json')!.toString()),
  files: [...files].slice(1).map(([, bytes]) => bytes.toString('base64')),
})

describe('an exported session', () => {
  it('holds what has happened, and nothing of who, where and how', async () => {
    const { headers, rawPayload } = await exported(rich.id)
    assert.equal(headers['content-type'], 'application/zip')
    assert.equal(headers['content-disposition'], `attachment; filename="${rich.id}.zip"`)
    const files = await readZip(rawPayload)
    const archive = manifestOf(files)
    assert.deepEqual(archiveSchema.parse(archive), archive)
    assert.deepEqual(
      archive.turns.map(({ id }) => id),
      Object.values(rich.turns).map(({ id }) => id),
    )
    assert.deepEqual(
      archive.generations.map(({ status }) => status),
      ['succeeded', 'succeeded', 'succeeded', 'succeeded', 'failed', 'succeeded', 'cancelled'],
    )
    assert.equal(archive.generations[2]!.reproduction?.generationId, archive.generations[0]!.id)
    assert.equal(archive.images.length, 7)
    assert.equal(files.size, 1 + 2 * 7)
    const text = files.get('session.json')!.toString()
    for (const secret of ['own_', 'wrk_', 'ses_', 'objectKey', 'url', 'http']) assert.ok(!text.includes(secret), secret)
  })

  it('is the same each time', async () => {
    assert.ok((await exported(rich.id)).rawPayload.equals((await exported(rich.id)).rawPayload))
  })

  it('belongs to its owner', async () => {
    assert.equal((await api.send('GET', `/v1/sessions/${rich.id}/export`, { as: api.ben })).status, 404)
  })

  it('is not begun when a picture is missing', async () => {
    const id = await api.session()
    const { generations } = (await api.send('POST', `/v1/sessions/${id}/turns`, { body: { instruction: 'x' } })).body
    await api.finish(generations[0].id)
    await api.objects.delete(`generations/${generations[0].id}/0.png`)
    cleanUp(() => api.send('DELETE', `/v1/sessions/${id}`))
    assert.equal((await api.send('GET', `/v1/sessions/${id}/export`)).body.error.code, 'image_unreadable')
  })
})

describe('a download', () => {
  const download = async (signal?: AbortSignal) =>
    fetch(`${await api.listen()}/v1/sessions/${rich.id}/export`, {
      headers: api.anna.headers,
      ...(signal && { signal }),
    })

  it('breaks off when a picture is lost on the way, instead of ending as if it were whole', async () => {
    const { get } = api.objects
    cleanUp(() => {
      api.objects.get = get
    })
    let reads = 0
    api.objects.get = async (key) => {
      reads += 1
      // each of the 14 files is read once before the answer begins
      if (reads === 20) throw new Error('the disk is gone')
      return get.call(api.objects, key)
    }
    const answer = await download()
    assert.equal(answer.status, 200)
    await assert.rejects(answer.arrayBuffer())
  })

  it('may be left by its reader', async () => {
    const leaving = new AbortController()
    const answer = await download(leaving.signal)
    leaving.abort()
    await assert.rejects(answer.arrayBuffer())
    assert.ok((await readZip(Buffer.from(await (await download()).arrayBuffer()))).has('session.json'))
  })
})

describe('an imported session', () => {
  it('is equal to the exported one in every row and byte, whoever imports it', async () => {
    const before = await exported(rich.id)
    for (const person of [api.anna, api.ben]) {
      const { status, body } = await imported(before.rawPayload, person)
      assert.equal(status, 201)
      assert.deepEqual(sessionSchema.parse(body), body)
      assert.deepEqual(essence(await filesOf(body.id, person)), essence(await readZip(before.rawPayload)))
      assert.ok((await exported(rich.id)).rawPayload.equals(before.rawPayload), 'the original has changed')
    }
  })

  it('shares no id with the original', async () => {
    const files = await filesOf(rich.id)
    const { body } = await imported((await exported(rich.id)).rawPayload)
    const ids = (archive: Archive) => new Set(JSON.stringify(archive).match(/(trn|gen|img)_[0-9a-z]{16}/g))
    const [old, fresh] = [ids(manifestOf(files)), ids(manifestOf(await filesOf(body.id)))]
    assert.equal(fresh.size, old.size)
    assert.deepEqual(
      [...fresh].filter((id) => old.has(id)),
      [],
    )
  })

  it('has a gapless log, pictures that are served, and goes on', async () => {
    const { body } = await imported((await exported(rich.id)).rawPayload)
    const owner = api.database.forOwner(api.anna.ownerId)
    const events = await owner.events.list(body.id, { afterSeq: 0 })
    assert.deepEqual(
      events.map(({ seq }) => seq),
      Array.from({ length: body.lastSeq }, (_, place) => place + 1),
    )
    assert.deepEqual(
      events.map(({ type }) => type.replace('generation-', '')),
      [
        'turn-created',
        'succeeded',
        'succeeded',
        'succeeded',
        'turn-created',
        'succeeded',
        'turn-created',
        'failed',
        'turn-created',
        'succeeded',
        'cancelled',
        'turn-created',
      ],
    )
    const session = (await api.send('GET', `/v1/sessions/${body.id}`)).body as SessionWithTurns
    const all = (await api.send('GET', `/v1/sessions/${body.id}/turns?path=all`)).body as TurnPage
    assert.deepEqual([session.title, all.data.length, session.turns.length], ['All of it', 5, 3])
    const image = session.turns[0]!.generations[0]!.images[0]!
    for (const url of [image.url, image.thumbnailUrl]) assert.equal((await api.app.inject(url)).statusCode, 200)
    const next = await api.send('POST', `/v1/sessions/${body.id}/turns`, { body: { instruction: 'go on' } })
    assert.equal(next.status, 202)
    assert.equal(next.body.turn.parentTurnId, session.activeTurnId)
    assert.equal((await api.send('POST', `/v1/generations/${image.generationId}/reproduce`)).status, 202)
  })

  it('is made once for an Idempotency-Key', async () => {
    const { rawPayload } = await exported(rich.id)
    const key = { 'idempotency-key': 'import-once' }
    const first = await imported(rawPayload, api.anna, key)
    const counts = await api.count()
    const second = await imported(rawPayload, api.anna, key)
    assert.deepEqual([second.status, second.body, second.headers['idempotent-replayed']], [201, first.body, 'true'])
    assert.deepEqual(await api.count(), counts)
    const other = await imported((await exported(await api.session())).rawPayload, api.anna, key)
    assert.equal(other.status, 409)
  })

  it('may be empty', async () => {
    const { status, body } = await imported((await exported(await api.session())).rawPayload)
    assert.deepEqual([status, body.lastSeq, body.activeTurnId], [201, 0, null])
  })

  it('leaves nothing behind when it cannot be stored whole', async () => {
    const { rawPayload } = await exported(rich.id)
    const counts = await api.count()
    const { put } = api.objects
    let puts = 0
    api.objects.put = async (...input) => {
      puts += 1
      if (puts === 5) throw new Error('the disk is full')
      return put.apply(api.objects, input)
    }
    cleanUp(() => {
      api.objects.put = put
    })
    assert.equal((await imported(rawPayload)).status, 500)
    assert.deepEqual(await api.count(), counts)
  })
})

describe('a fork', () => {
  const fork = (turnId: string, more: { title?: string; key?: string } = {}) =>
    api.send('POST', `/v1/sessions/${rich.id}/fork`, {
      body: { turnId, ...(more.title && { title: more.title }) },
      ...(more.key && { headers: { 'idempotency-key': more.key } }),
    })

  it('has the path to its turn, what has ended there, and copies of what was made there', async () => {
    const before = await exported(rich.id)
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
    assert.ok((await exported(rich.id)).rawPayload.equals(before.rawPayload), 'the original has changed')
  })

  it('has the turns too that its turns saw elsewhere, so it can be exported and imported', async () => {
    const { body } = await fork(rich.turns.wide.id)
    const { rawPayload } = await exported(body.id)
    const archive = manifestOf(await readZip(rawPayload))
    assert.deepEqual(
      archive.turns.map(({ instruction }) => instruction.split(' ')[0]),
      ['a', 'put', 'make', 'again'],
    )
    assert.equal(archive.session.title, 'All of it')
    assert.equal((await imported(rawPayload)).status, 201)
  })

  it('and its original do not need each other', async () => {
    const second = await imported((await exported(rich.id)).rawPayload)
    const { turns } = (await api.send('GET', `/v1/sessions/${second.body.id}`)).body as SessionWithTurns
    const url = `/v1/sessions/${second.body.id}/fork`
    const [kept, gone] = [
      (await api.send('POST', url, { body: { turnId: turns[1]!.id } })).body as Session,
      (await api.send('POST', url, { body: { turnId: turns[1]!.id } })).body as Session,
    ]
    const [original, fork] = [essence(await filesOf(second.body.id)), essence(await filesOf(kept.id))]
    assert.equal((await api.send('DELETE', `/v1/sessions/${gone.id}`)).status, 204)
    assert.deepEqual(essence(await filesOf(second.body.id)), original)
    assert.equal((await api.send('DELETE', `/v1/sessions/${second.body.id}`)).status, 204)
    assert.deepEqual(essence(await filesOf(kept.id)), fork)
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
