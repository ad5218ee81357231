import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { deflateSync, crc32 } from 'node:zlib'
import sharp from 'sharp'
import { png, startTestApi, type TestApi } from './support/test-api.js'

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
    const slightly = await png(2000, 600)
    assert.match((await api.upload(slightly)).body.error.message, /1,200,000 pixels; 1,048,576 are allowed/)
    const bomb = hugePng(30_000)
    assert.ok(bomb.length < 200_000)
    const took = async (bytes: Uint8Array, purpose?: string) => {
      const start = performance.now()
      await refused(bytes, 'image_too_large', 413, purpose)
      return performance.now() - start
    }
    const before = process.memoryUsage.rss()
    // as fast as one of a thousandth of its pixels: decoding it would take many seconds
    let [small, image, mask] = [Infinity, Infinity, Infinity]
    // in turns, so that what else the machine does holds up all alike
    for (let n = 0; n < 5; n++) {
      small = Math.min(small, await took(slightly))
      image = Math.min(image, await took(bomb))
      mask = Math.min(mask, await took(bomb, 'mask'))
    }
    assert.ok(Math.max(image, mask) < 3 * small + 200, `took ${image} and ${mask} ms, a small one ${small} ms`)
    assert.ok(process.memoryUsage.rss() - before < 30e6, 'memory grew')
  })

  it('when its parts are not as they should be', async () => {
    await refused(new Uint8Array(), 'invalid_request', 400)
    await refused(await png(4, 4), 'invalid_request', 400, 'poster')
    const json = await api.send('POST', '/v1/images', { body: { file: 'x' } })
    assert.deepEqual([json.status, json.body.error.code], [415, 'unsupported_media_type'])
  })
})
