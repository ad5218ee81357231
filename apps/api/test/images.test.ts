import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { cleanUpAfterEach } from '@atelier/testing'
import { createHash } from 'node:crypto'
import { AtelierError, imageSchema } from '@atelier/contracts'
import sharp from 'sharp'
import { png, startTestApi, uploaded, type Person, type TestApi } from './support/test-api.js'

const cleanUp = cleanUpAfterEach()

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.close())

describe('an upload', () => {
  it('keeps its format, and is served as one file for good', async () => {
    const picture = sharp(await png(50, 40))
    for (const [file, type] of [
      [await picture.clone().png().toBuffer(), 'image/png'],
      [await picture.clone().jpeg().toBuffer(), 'image/jpeg'],
      [await picture.clone().webp().toBuffer(), 'image/webp'],
    ] as const) {
      const { status, body } = await api.upload(file)
      assert.equal(status, 201, JSON.stringify(body))
      const { kind, width, height, contentType, bytes, id } = imageSchema.parse(body)
      assert.deepEqual(
        { kind, width, height, contentType },
        { kind: 'uploaded', width: 50, height: 40, contentType: type },
      )
      const content = await api.app.inject({ url: `/v1/images/${id}/content`, headers: api.anna.headers })
      assert.equal(content.rawPayload.length, bytes)
      const pixel = await sharp(content.rawPayload).raw().toBuffer()
      assert.ok(
        [204, 51, 51].every((level, at) => Math.abs(level - pixel[at]!) <= 2),
        String(pixel.subarray(0, 3)),
      )
      assert.equal(content.headers['content-type'], type)
      const known = await api.app.inject({
        url: `/v1/images/${id}/content`,
        headers: { ...api.anna.headers, 'if-none-match': String(content.headers.etag) },
      })
      assert.equal(known.statusCode, 304)
    }
  })

  it('has signed URLs that anybody may read, and that cannot be changed', async () => {
    const image = await uploaded(api, 600, 300)
    const [file, small] = [await api.app.inject(image.url), await api.app.inject(image.thumbnailUrl)]
    assert.equal(file.statusCode, 200)
    const { width, height, format } = await sharp(small.rawPayload).metadata()
    assert.deepEqual({ width, height, format }, { width: 256, height: 128, format: 'webp' })
    const other = await uploaded(api)
    assert.equal((await api.app.inject(image.url.replace(image.id, other.id))).statusCode, 404)
    assert.equal((await api.app.inject(`/objects/images/${image.id}.png`)).statusCode, 404)
    assert.equal((await api.app.inject('/objects/..%2f..%2fetc%2fpasswd')).statusCode, 404)
  })

  it('counts its pixels upright', async () => {
    const turned = await sharp(await png(50, 40))
      .jpeg()
      .withMetadata({ orientation: 6 })
      .toBuffer()
    const {
      body: { width, height },
    } = await api.upload(turned)
    assert.deepEqual({ width, height }, { width: 40, height: 50 })
  })

  it('makes a mask a grey PNG, transparent counting as black', async () => {
    const drawn = await sharp({
      create: { width: 20, height: 10, channels: 4, background: { r: 255, g: 255, b: 255, alpha: 0 } },
    })
      .composite([{ input: await png(5, 10, '#fff'), left: 0, top: 0 }])
      .webp({ lossless: true })
      .toBuffer()
    const { status, body } = await api.upload(drawn, { purpose: 'mask' })
    assert.equal(status, 201, JSON.stringify(body))
    assert.deepEqual([body.kind, body.contentType], ['mask', 'image/png'])
    const { rawPayload } = await api.app.inject({ url: `/v1/images/${body.id}/content`, headers: api.anna.headers })
    assert.equal((await sharp(rawPayload).metadata()).channels, 1)
    const data = await sharp(rawPayload).toColourspace('b-w').raw().toBuffer()
    assert.deepEqual([data[0], data[4], data[5], data[19]], [255, 255, 0, 0])
  })
})

describe('an upload of bytes that are there already', () => {
  const once = async (file: Uint8Array, options: { as?: Person; purpose?: string } = {}) => {
    const { status, body } = await api.upload(file, options)
    assert.equal(status, 201, JSON.stringify(body))
    return (body as { id: string }).id
  }
  const files = async () => {
    let count = 0
    for await (const _ of api.objects.list('images/')) count += 1
    return count
  }

  it('is the picture that is there, but not for others and not a mask', async () => {
    const file = await png(31, 17, '#fff')
    const id = await once(file)
    const before = await files()
    assert.equal(await once(file), id)
    assert.deepEqual(new Set(await Promise.all([once(file), once(file)])), new Set([id]))
    assert.equal(await files(), before)
    assert.notEqual(await once(file, { as: api.ben }), id)
    const mask = await once(file, { purpose: 'mask' })
    assert.notEqual(mask, id)
    const webp = await sharp(file).webp({ lossless: true }).toBuffer()
    assert.equal(await once(webp, { purpose: 'mask' }), mask, 'equal once it is a grey PNG')
    assert.notEqual(await once(webp), id)
  })

  it('is found by what was sent and by what is served', async () => {
    const file = await sharp(await png(29, 31))
      .jpeg()
      .withExif({ IFD0: { Artist: 'Anna' } })
      .toBuffer()
    const id = await once(file)
    const { rawPayload } = await api.app.inject({ url: `/v1/images/${id}/content`, headers: api.anna.headers })
    assert.notDeepEqual(rawPayload, file)
    for (const bytes of [file, rawPayload]) {
      assert.equal(await once(bytes), id)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      const find = (token: Person) => api.database.forOwner(token.ownerId).images.reuse({ kind: 'uploaded', sha256 })
      assert.equal((await find(api.anna))?.id, id)
      assert.equal(await find(api.ben), null)
    }
    // the same picture from another file is another image: both are found by their own bytes
    const other = await sharp(await png(29, 31))
      .jpeg()
      .withExif({ IFD0: { Artist: 'Ben' } })
      .toBuffer()
    assert.notEqual(await once(other), id)
  })

  it('keeps its files when its row was stored, and only the answer was lost', async () => {
    const losing = await startTestApi((d) => ({
      ...d,
      database: {
        ...d.database,
        forOwner: (ownerId) => {
          const repositories = d.database.forOwner(ownerId)
          const create: typeof repositories.images.create = async (...image) => {
            await repositories.images.create(...image)
            throw new AtelierError('unavailable')
          }
          return { ...repositories, images: { ...repositories.images, create } }
        },
      },
    }))
    cleanUp(() => losing.close())
    const file = await png(23, 29)
    assert.equal((await losing.upload(file)).status, 503)
    const { status, body } = await losing.upload(file)
    assert.equal(status, 201)
    const content = await losing.app.inject({ url: `/v1/images/${body.id}/content`, headers: losing.anna.headers })
    assert.equal(content.statusCode, 200)
  })

  it('at the same time leaves one picture and its objects', async () => {
    const [file, before] = [await png(19, 23), await files()]
    const ids = await Promise.all(Array.from({ length: 4 }, () => once(file)))
    assert.equal(new Set(ids).size, 1)
    assert.equal(await files(), before + 2)
  })

  it('finds what the model made, and what outpaint made', async () => {
    const session = await api.session()
    const { body } = await api.send('POST', `/v1/sessions/${session}/turns`, { body: { instruction: 'x', images: [] } })
    const generation = body.generations[0].id
    await api.finish(generation)
    const made = (await api.send('GET', `/v1/generations/${generation}`)).body.images[0]
    const { rawPayload } = await api.app.inject(made.url)
    assert.equal(await once(rawPayload), made.id)
    const grow = async () => (await api.send('POST', `/v1/images/${made.id}/outpaint`, { body: { left: 1 } })).body
    const [first, second] = [await grow(), await grow()]
    assert.deepEqual([first.image.id, first.mask.id], [second.image.id, second.mask.id])
  })

  it('is stored again when the settings say so', async () => {
    const other = await startTestApi((d) => ({ ...d, settings: { ...d.settings, reuseUploads: false } }))
    cleanUp(() => other.close())
    const file = await png(8, 8)
    assert.notEqual((await other.upload(file)).body.id, (await other.upload(file)).body.id)
  })
})

describe('outpaint', () => {
  it('gives a grown picture and the mask of the new part', async () => {
    const { id } = await uploaded(api, 40, 20)
    const { status, body } = await api.send('POST', `/v1/images/${id}/outpaint`, { body: { right: 0.5, top: 1 } })
    assert.equal(status, 201, JSON.stringify(body))
    assert.deepEqual(
      [body.image.width, body.image.height, body.mask.width, body.mask.height, body.mask.kind],
      [60, 40, 60, 40, 'mask'],
    )
    const pixels = async (imageId: string, colours: 'srgb' | 'b-w') =>
      sharp((await api.app.inject({ url: `/v1/images/${imageId}/content`, headers: api.anna.headers })).rawPayload)
        .toColourspace(colours)
        .raw()
        .toBuffer()
    const [image, mask] = [await pixels(body.image.id, 'srgb'), await pixels(body.mask.id, 'b-w')]
    assert.deepEqual([mask[0], mask[20 * 60], mask[20 * 60 + 39], mask[20 * 60 + 40]], [255, 0, 0, 255])
    assert.deepEqual(
      [...image.subarray(0, 3), ...image.subarray(20 * 60 * 3, 20 * 60 * 3 + 3)],
      [204, 51, 51, 204, 51, 51],
      'the edges go on',
    )
    const turn = await api.send('POST', `/v1/sessions/${await api.session()}/turns`, {
      body: { instruction: 'a beach', images: [{ imageId: body.image.id, maskId: body.mask.id }] },
    })
    assert.equal(turn.status, 202)
  })

  it('is refused without growth, with too much, and for a foreign picture', async () => {
    const [own, foreign] = [await uploaded(api, 600, 600), await uploaded(api, 10, 10, { as: api.ben })]
    const code = async (id: string, body: object) =>
      (await api.send('POST', `/v1/images/${id}/outpaint`, { body })).body.error.code
    assert.equal(await code(own.id, {}), 'invalid_request')
    assert.equal(await code(own.id, { top: 3 }), 'invalid_request')
    assert.equal(await code(own.id, { top: 2, left: 2 }), 'image_too_large')
    assert.equal(await code(foreign.id, { top: 1 }), 'not_found')
  })
})
