import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { cleanUpAfterEach } from '@atelier/testing'
import { createHash } from 'node:crypto'
import { deflateSync, crc32 } from 'node:zlib'
import { imageSchema } from '@atelier/contracts'
import sharp from 'sharp'
import { png, startTestApi, uploaded, type Person, type TestApi } from './support/test-api.js'

const cleanUp = cleanUpAfterEach()

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.close())

/** A PNG that says it has side × side pixels, one bit each, all zero: a few kilobytes however large. */
function hugePng(side: number): Buffer {
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    check.writeUInt32BE(crc(body))
    return Buffer.concat([length, body, check])
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(side, 0)
  head.writeUInt32BE(side, 4)
  head.set([1, 0, 0, 0, 0], 8)
  const rows = Buffer.alloc((Math.ceil(side / 8) + 1) * side)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function crc(bytes: Uint8Array): number {
  if (typeof crc32 === 'function') return crc32(bytes)
  let value = ~0
  for (const byte of bytes) {
    value ^= byte
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0)
  }
  return ~value >>> 0
}

const refused = async (file: Uint8Array, code: string, status: number, purpose?: string) => {
  const answer = await api.upload(file, purpose === undefined ? {} : { purpose })
  assert.equal(answer.body.error?.code, code, JSON.stringify(answer.body))
  assert.equal(answer.status, status)
}

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
      const find = (token: Person) =>
        api.database.forOwner(token.ownerId).images.findEqual({ kind: 'uploaded', sha256 })
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

describe('an upload is refused', () => {
  it('when it is animated', async () => {
    const frames = Buffer.concat([Buffer.alloc(8 * 8 * 3, 10), Buffer.alloc(8 * 8 * 3, 200)])
    const film = await sharp(frames, { raw: { width: 8, height: 16, channels: 3, pageHeight: 8 } })
      .webp()
      .toBuffer()
    await refused(film, 'image_animated', 415)
    await refused(film, 'image_animated', 415, 'mask')
    assert.match((await api.upload(film)).body.error.message, /animated.*save one frame/i)
    const still = await png(8, 8)
    const control = Buffer.alloc(20)
    control.writeUInt32BE(8, 0)
    control.write('acTL', 4, 'latin1')
    control.writeUInt32BE(2, 8)
    control.writeUInt32BE(crc(control.subarray(4, 16)), 16)
    const header = 33 // signature and IHDR
    await refused(Buffer.concat([still.subarray(0, header), control, still.subarray(header)]), 'image_animated', 415)
  })

  it('when it is a mask without white', async () => {
    await refused(await png(8, 8, '#7f7f7f'), 'mask_empty', 400, 'mask')
    assert.equal((await api.upload(await png(8, 8, '#808080'), { purpose: 'mask' })).status, 201)
  })

  it('when it is no PNG, JPEG or WebP, whatever it calls itself', async () => {
    await refused(Buffer.from('hello'), 'unsupported_image', 415)
    await refused(
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>'),
      'unsupported_image',
      415,
    )
    await refused(
      await sharp(await png(10, 10))
        .gif()
        .toBuffer(),
      'unsupported_image',
      415,
    )
    await refused(
      await sharp(await png(10, 10))
        .tiff()
        .toBuffer(),
      'unsupported_image',
      415,
      'mask',
    )
  })

  it('when it is damaged or cut short', async () => {
    const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251))
    const whole = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .png()
      .toBuffer()
    const jpeg = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .jpeg()
      .toBuffer()
    await refused(whole.subarray(0, whole.length / 2), 'image_truncated', 415)
    await refused(jpeg.subarray(0, jpeg.length / 2), 'image_truncated', 415)
    await refused(whole.subarray(0, whole.length / 2), 'image_truncated', 415, 'mask')
    await refused(whole.subarray(0, 20), 'image_truncated', 415)
    whole[whole.length / 2]! ^= 0xff
    await refused(whole, 'image_damaged', 415)
  })

  it('with too many bytes', async () => {
    const { status, body } = await api.upload(Buffer.alloc(1024 * 1024 + 1, 1))
    assert.deepEqual([status, body.error.code, body.error.details], [413, 'image_too_large', { maxBytes: 1024 * 1024 }])
    assert.match(body.error.message, /more than the 1,048,576 bytes/)
  })

  it('with too many pixels, a decompression bomb at once and without memory', async () => {
    await refused(await png(2000, 600), 'image_too_large', 413)
    assert.match((await api.upload(await png(2000, 600))).body.error.message, /1,200,000 pixels; 1,048,576 are allowed/)
    const bomb = hugePng(30_000)
    assert.ok(bomb.length < 200_000)
    const [before, start] = [process.memoryUsage.rss(), performance.now()]
    await refused(bomb, 'image_too_large', 413)
    await refused(bomb, 'image_too_large', 413, 'mask')
    assert.ok(performance.now() - start < 500, `took ${performance.now() - start} ms`)
    assert.ok(process.memoryUsage.rss() - before < 30e6, 'memory grew')
  })

  it('when its parts are not as they should be', async () => {
    await refused(new Uint8Array(), 'invalid_request', 400)
    await refused(await png(4, 4), 'invalid_request', 400, 'poster')
    const json = await api.send('POST', '/v1/images', { body: { file: 'x' } })
    assert.deepEqual([json.status, json.body.error.code], [415, 'unsupported_media_type'])
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
