import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { cleanUpAfterEach, eventually } from '@atelier/testing'
import { archiveSchema, sessionSchema, type Archive, type SessionWithTurns, type TurnPage } from '@atelier/contracts'
import { essence, exported, filesOf, imported } from './support/archives.js'
import { manifestOf, readZip } from './support/read-zip.js'
import { richSession, type RichSession } from './support/rich-session.js'
import { startTestApi, type TestApi } from './support/test-api.js'

const cleanUp = cleanUpAfterEach()

let api: TestApi
let rich: RichSession
/** How many objects the store was asked for; while `held`, it answers none. */
const store = { asked: 0, held: Promise.resolve() }
beforeAll(async () => {
  api = await startTestApi((d) => {
    const get: typeof d.objects.get = async (key, options) => {
      store.asked += 1
      await store.held
      return d.objects.get(key, options)
    }
    return { ...d, objects: Object.assign(Object.create(d.objects) as typeof d.objects, { get }) }
  })
  rich = await richSession(api)
})
afterAll(() => api.close())

describe('an exported session', () => {
  it('holds what has happened, and nothing of who, where and how', async () => {
    const { headers, rawPayload } = await exported(api, rich.id)
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
    assert.ok((await exported(api, rich.id)).rawPayload.equals((await exported(api, rich.id)).rawPayload))
  })

  it('belongs to its owner', async () => {
    assert.equal((await api.send('GET', `/v1/sessions/${rich.id}/export`, { as: api.ben })).status, 404)
  })

  it('counts as an import, and is read no further when nobody waits for it', async () => {
    const url = await api.listen()
    const used = async () => (await api.send('GET', '/v1/limits')).body.imports.used as number
    const gone = new AbortController()
    store.asked = 0
    let release = () => {}
    store.held = new Promise((resolve) => {
      release = resolve
    })
    cleanUp(() => release())
    const statuses: number[] = []
    const { headers } = api.anna
    const ask = () =>
      fetch(`${url}/v1/sessions/${rich.id}/export`, { headers, signal: gone.signal }).then((r) =>
        statuses.push(r.status),
      )
    const all = Promise.allSettled(Array.from({ length: 9 }, ask))
    await eventually('one is refused, the others wait for the store', () => statuses.length && store.asked === 8)
    assert.equal(await used(), 8)
    gone.abort()
    await all
    await eventually('all are counted off', async () => (await used()) === 0)
    release()
    await sleep(500)
    // each was at the first of 14 files, and still reads the thumbnail to it
    assert.ok(store.asked <= 16, `${store.asked} were read`)
    assert.deepEqual(statuses, [429])
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
    const before = await exported(api, rich.id)
    for (const person of [api.anna, api.ben]) {
      const { status, body } = await imported(api, before.rawPayload, person)
      assert.equal(status, 201)
      assert.deepEqual(sessionSchema.parse(body), body)
      assert.deepEqual(essence(await filesOf(api, body.id, person)), essence(await readZip(before.rawPayload)))
      assert.ok((await exported(api, rich.id)).rawPayload.equals(before.rawPayload), 'the original has changed')
    }
  })

  it('shares no id with the original', async () => {
    const files = await filesOf(api, rich.id)
    const { body } = await imported(api, (await exported(api, rich.id)).rawPayload)
    const ids = (archive: Archive) => new Set(JSON.stringify(archive).match(/(trn|gen|img)_[0-9a-z]{16}/g))
    const [old, fresh] = [ids(manifestOf(files)), ids(manifestOf(await filesOf(api, body.id)))]
    assert.equal(fresh.size, old.size)
    assert.deepEqual(
      [...fresh].filter((id) => old.has(id)),
      [],
    )
  })

  it('has a gapless log, pictures that are served, and goes on', async () => {
    const { body } = await imported(api, (await exported(api, rich.id)).rawPayload)
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
    const { rawPayload } = await exported(api, rich.id)
    const key = { 'idempotency-key': 'import-once' }
    const first = await imported(api, rawPayload, api.anna, key)
    const counts = await api.count()
    const second = await imported(api, rawPayload, api.anna, key)
    assert.deepEqual([second.status, second.body, second.headers['idempotent-replayed']], [201, first.body, 'true'])
    assert.deepEqual(await api.count(), counts)
    const other = await imported(api, (await exported(api, await api.session())).rawPayload, api.anna, key)
    assert.equal(other.status, 409)
  })

  it('may be empty', async () => {
    const { status, body } = await imported(api, (await exported(api, await api.session())).rawPayload)
    assert.deepEqual([status, body.lastSeq, body.activeTurnId], [201, 0, null])
  })

  it('leaves nothing behind when it cannot be stored whole', async () => {
    const { rawPayload } = await exported(api, rich.id)
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
    assert.equal((await imported(api, rawPayload)).status, 500)
    assert.deepEqual(await api.count(), counts)
  })
})
