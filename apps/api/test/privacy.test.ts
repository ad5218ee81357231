import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import type { Image, ObjectClean } from '@atelier/contracts'
import sharp from 'sharp'
import { readZip } from './support/read-zip.js'
import { multipart, png, startTestApi, type TestApi } from './support/test-api.js'

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.close())

const secret = 'SERIAL-4711'

/** A photograph as phones send it: turned, with place, serial number and author. */
const phonePhotograph = async (width = 64, height = 48): Promise<Buffer> =>
  sharp(await png(width, height))
    .jpeg()
    .withExif({
      IFD0: { Artist: secret },
      IFD2: { BodySerialNumber: secret },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '52/1 31/1 12/1' },
    })
    .withMetadata({ orientation: 6 })
    .toBuffer()

async function assertClean(file: Uint8Array, name: string): Promise<void> {
  const { exif, xmp, iptc, icc, orientation } = await sharp(file).metadata()
  assert.deepEqual([exif, xmp, iptc, icc, orientation], Array(5).fill(undefined), name)
  assert.ok(!Buffer.from(file).toString('latin1').includes(secret), name)
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const content = async (id: string) =>
  (await api.app.inject({ url: `/v1/images/${id}/content`, headers: api.anna.headers })).rawPayload

async function exported(session: string): Promise<Buffer> {
  const answer = await api.app.inject({ url: `/v1/sessions/${session}/export`, headers: api.anna.headers })
  assert.equal(answer.statusCode, 200)
  return answer.rawPayload
}

async function imported(archive: Buffer): Promise<string> {
  const { payload, headers } = multipart(archive)
  const answer = await api.app.inject({
    method: 'POST',
    url: '/v1/sessions/import',
    payload,
    headers: { ...api.anna.headers, ...headers },
  })
  assert.equal(answer.statusCode, 201, answer.body)
  return answer.json<{ id: string }>().id
}

const using = async (imageId: string): Promise<string> => {
  const session = await api.session()
  const body = { instruction: 'x', images: [{ imageId }] }
  assert.equal((await api.send('POST', `/v1/sessions/${session}/turns`, { body })).status, 202)
  return session
}

describe('an uploaded photograph', () => {
  it('tells nothing of its camera and place as content, by links and in exports', async () => {
    const sent = await phonePhotograph()
    assert.ok(sent.includes(secret))
    const image = (await api.upload(sent)).body as Image
    assert.deepEqual([image.width, image.height], [48, 64])
    await assertClean(await content(image.id), 'content')
    for (const link of [image.url, image.thumbnailUrl]) {
      await assertClean((await api.app.inject(link)).rawPayload, link)
    }
    const files = await readZip(await exported(await using(image.id)))
    for (const [name, file] of files) if (name !== 'session.json') await assertClean(file, name)
    const manifest = files.get('session.json')!.toString()
    assert.ok(!manifest.includes(secret) && !manifest.includes(sha256(sent)), 'the hash of the sent bytes is private')
  })

  it('has links for a quarter of an hour', async () => {
    const { url, thumbnailUrl } = (await api.upload(await phonePhotograph(32, 32))).body as Image
    for (const link of [url, thumbnailUrl]) {
      const seconds = Number(new URL(link, 'http://x').searchParams.get('expires')) - Date.now() / 1000
      assert.ok(seconds > 890 && seconds <= 901, String(seconds))
    }
  })
})

describe('a photograph that was stored as it was sent', () => {
  /** What versions before this one stored. */
  const storedAsSent = async (file: Buffer): Promise<string> => {
    const { id, objectKey, thumbnailKey } = {
      id: `img_${sha256(file).slice(0, 16)}`,
      objectKey: `images/${sha256(file)}.jpg`,
      thumbnailKey: `images/${sha256(file)}.thumb.webp`,
    }
    await api.objects.put(objectKey, file)
    await api.objects.put(thumbnailKey, await sharp(file).autoOrient().webp().toBuffer())
    await api.database.forOwner(api.anna.ownerId).images.create({
      id,
      kind: 'uploaded',
      width: 48,
      height: 64,
      contentType: 'image/jpeg',
      bytes: file.length,
      sha256: sha256(file),
      objectKey,
      thumbnailKey,
    })
    return id
  }

  it('works as before, and is found by its bytes', async () => {
    const file = await phonePhotograph()
    const shifted = Buffer.concat([file, Buffer.from('old')])
    const id = await storedAsSent(shifted)
    assert.deepEqual(await content(id), shifted)
    assert.equal((await api.upload(shifted)).body.id, id)
  })

  it('is cleaned on request, and still found by its bytes', async () => {
    const file = Buffer.concat([await phonePhotograph(), Buffer.from('oldest')])
    const [id, lost] = [await storedAsSent(file), await storedAsSent(Buffer.concat([file, Buffer.from('lost')]))]
    const old = (await api.send('GET', `/v1/images/${id}`)).body as Image
    const keys = async () => (await api.database.forOwner(api.anna.ownerId).images.get(id))!
    const before = await keys()
    await api.objects.delete((await api.database.forOwner(api.anna.ownerId).images.get(lost))!.objectKey)
    const clean = async (body: object) =>
      (await api.send('POST', '/v1/admin/objects/clean', { as: api.admin, body })).body as ObjectClean
    const found = { checked: 0, cleaned: 0, failed: 0 }
    for (let after: string | null | undefined; after !== null;) {
      const step = await clean({ limit: 2, ...(after && { after }) })
      found.checked += step.checked
      found.cleaned += step.cleaned
      found.failed += step.failed
      after = step.after
    }
    assert.ok(found.cleaned >= 1 && found.failed === 1, JSON.stringify(found))
    const [bytes, row] = [await content(id), await keys()]
    await assertClean(bytes, 'content')
    assert.deepEqual([row.sha256, row.sourceSha256, row.bytes], [sha256(bytes), sha256(file), bytes.length])
    assert.equal((await api.upload(file)).body.id, id)
    for (const key of [before.objectKey, before.thumbnailKey]) assert.equal(await api.objects.head(key), null, key)
    assert.equal((await api.app.inject(old.url)).statusCode, 404)
    assert.equal(
      (await api.app.inject(((await api.send('GET', `/v1/images/${id}`)).body as Image).thumbnailUrl)).statusCode,
      200,
    )
    assert.deepEqual(
      await clean({}),
      { checked: 1, cleaned: 0, failed: 1, after: null },
      'only what cannot be read is left',
    )
    assert.equal((await api.send('POST', '/v1/admin/objects/clean', { body: {} })).status, 403)
    await api.send('DELETE', `/v1/images/${lost}`)
  })

  it('is cleaned when its archive is imported, and still found by its bytes', async () => {
    const file = Buffer.concat([await phonePhotograph(), Buffer.from('older')])
    const archive = await exported(await using(await storedAsSent(file)))
    const before = [...(await readZip(archive))].find(([name]) => name.endsWith('.jpg'))![1]
    assert.deepEqual(before, file)
    const session = await imported(archive)
    const turn = (await api.send('GET', `/v1/sessions/${session}`)).body.turns[0]
    const id = turn.images[0].imageId as string
    const bytes = await content(id)
    await assertClean(bytes, 'content')
    assert.deepEqual((({ width, height }) => [width, height])(await sharp(bytes).metadata()), [48, 64])
    const image = (await api.send('GET', `/v1/images/${id}`)).body as Image
    assert.equal(image.bytes, bytes.length)
    const known = await api.database.forOwner(api.anna.ownerId).images.get(id)
    assert.deepEqual([known?.sha256, known?.sourceSha256], [sha256(bytes), sha256(file)])
    // exported and imported once more, it keeps every byte
    const again = await imported(await exported(session))
    const copy = (await api.send('GET', `/v1/sessions/${again}`)).body.turns[0].images[0].imageId as string
    assert.deepEqual(await content(copy), bytes)
  })
})
