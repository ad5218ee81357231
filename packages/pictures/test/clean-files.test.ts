import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import sharp, { type Sharp } from 'sharp'
import { cleanStored, readMask, readPicture, readStored, sha256 } from '../src/index.js'
import { photograph, pngChunk, withChunks } from './camera-files.js'

const maxPixels = 1_000_000
const read = async (bytes: Uint8Array) => (await readPicture({ bytes, sha256: await sha256(bytes) }, maxPixels)).body

const secret = 'SERIAL-4711'
/** A picture with everything that cameras and editors write: place, serial number, author, orientation, profile. */
const told = (picture: Sharp, orientation = 6): Sharp =>
  picture
    .withExif({
      IFD0: { Make: 'Atelier', Artist: secret, ImageDescription: secret },
      IFD2: { BodySerialNumber: secret },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '52/1 31/1 12/1', GPSLongitudeRef: 'E', GPSLongitude: '13/1 24/1 0/1' },
    })
    .withXmp(
      `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:creator="${secret}"/></rdf:RDF></x:xmpmeta>`,
    )
    .withMetadata({ orientation })

async function assertClean(file: Uint8Array): Promise<void> {
  const { exif, xmp, iptc, icc, orientation, comments } = await sharp(file).metadata()
  assert.deepEqual([exif, xmp, iptc, icc, orientation, comments], Array(6).fill(undefined))
  const text = Buffer.from(file).toString('latin1')
  for (const word of [secret, 'Exif', 'eXIf', 'iTXt', 'tEXt', 'zTXt', 'xmpmeta', 'http', 'ICC_PROFILE', 'iCCP'])
    assert.ok(!text.includes(word), word)
}

/** Levels of 8 bits, or of 16. */
const levels = async (file: Uint8Array | Sharp, deep = false): Promise<number[]> => {
  const picture = (file instanceof Uint8Array ? sharp(file) : file).toColourspace(deep ? 'rgb16' : 'srgb')
  const raw = await picture.raw({ depth: deep ? 'ushort' : 'uchar' }).toBuffer()
  return Array.from(deep ? new Uint16Array(new Uint8Array(raw).buffer) : raw)
}

describe('a stored picture', () => {
  it('is upright and tells nothing of its camera, place and author', async () => {
    for (const file of [
      await told(photograph()).jpeg().toBuffer(),
      await told(photograph()).png().toBuffer(),
      await told(photograph()).webp().toBuffer(),
      await told(photograph()).webp({ lossless: true }).toBuffer(),
    ]) {
      assert.ok(file.includes(secret))
      const body = await read(file)
      await assertClean(body)
      const { format, width, height } = await sharp(body).metadata()
      assert.deepEqual([format, width, height], [(await sharp(file).metadata()).format, 96, 128])
      const mask = await readMask({ bytes: file, sha256: await sha256(file) }, maxPixels)
      await assertClean(mask.body)
    }
  })

  it('has no texts, comments or bytes after its end', async () => {
    const png = withChunks(
      await photograph().png().toBuffer(),
      pngChunk('tEXt', Buffer.from(`Author\0${secret}`)),
      pngChunk('prVt', Buffer.from(secret)),
    )
    await assertClean(await read(Buffer.concat([png, Buffer.from(secret)])))
    const jpeg = await photograph().jpeg().toBuffer()
    const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, secret.length + 2]), Buffer.from(secret)])
    await assertClean(await read(Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2), Buffer.from(secret)])))
  })

  it('keeps every pixel of PNG and lossless WebP, transparent ones, grey and 16 bits too', async () => {
    const clear = photograph(32, 16).ensureAlpha(0.4)
    for (const file of [
      await photograph().png().toBuffer(),
      await photograph().png({ palette: true, colours: 16 }).toBuffer(),
      await photograph().toColourspace('b-w').png().toBuffer(),
      await clear.clone().png().toBuffer(),
      await clear.clone().webp({ lossless: true, exact: true }).toBuffer(),
    ]) {
      const body = await read(file)
      assert.deepEqual(await levels(body), await levels(file))
    }
    const samples = Uint16Array.from({ length: 32 * 16 * 4 }, (_, at) => (at * 1237) % 65536)
    const deep = await sharp(samples, { raw: { width: 32, height: 16, channels: 4 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer()
    const body = await read(deep)
    assert.equal((await sharp(body).metadata()).depth, 'ushort')
    assert.deepEqual(await levels(body, true), [...samples])
    const greys = await sharp(samples.subarray(0, 512), { raw: { width: 32, height: 16, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer()
    const { depth, space } = await sharp(await read(greys)).metadata()
    assert.deepEqual([depth, space], ['ushort', 'grey16'])
  })

  it('is nearly the same for JPEG and lossy WebP, in all of its colours', async () => {
    for (const file of [await photograph().jpeg({ quality: 85 }).toBuffer(), await photograph().webp().toBuffer()]) {
      const [before, after] = [await levels(file), await levels(await read(file))]
      const error = before.reduce((sum, level, at) => sum + (level - after[at]!) ** 2, 0) / before.length
      const decibels = 10 * Math.log10(255 ** 2 / error)
      assert.ok(decibels > 36, `${decibels} dB`)
    }
    const jpeg = await read(await photograph().jpeg().toBuffer())
    assert.equal((await sharp(jpeg).metadata()).chromaSubsampling, '4:4:4')
    const grey = await read(await photograph().toColourspace('b-w').jpeg().toBuffer())
    assert.equal((await sharp(grey).metadata()).space, 'b-w')
  })

  it('has the colours that its profile means, with 8 bits, 16 bits and inks', async () => {
    const red = () => sharp({ create: { width: 8, height: 8, channels: 3, background: { r: 200, g: 60, b: 40 } } })
    const near = (actual: number[], wanted: number[], most: number) =>
      assert.ok(
        wanted.every((level, at) => Math.abs(level - actual[at]!) <= most),
        `${actual} is not ${wanted}`,
      )
    const wide = await red().withIccProfile('p3').png().toBuffer()
    near((await levels(sharp(wide, { ignoreIcc: true }))).slice(0, 3), [186, 71, 51], 4)
    const plain = await read(wide)
    await assertClean(plain)
    near((await levels(plain)).slice(0, 3), [200, 60, 40], 2)
    const deep = await read(await red().toColourspace('rgb16').withIccProfile('p3').png().toBuffer())
    await assertClean(deep)
    near((await levels(deep, true)).slice(0, 3), [200 * 257, 60 * 257, 40 * 257], 3 * 257)
    const inks = await red().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer()
    const body = await read(inks)
    assert.equal((await sharp(body).metadata()).space, 'srgb')
    near((await levels(body)).slice(0, 3), (await levels(inks)).slice(0, 3), 4)
  })
})

describe('a picture that was stored before', () => {
  const stored = async (bytes: Uint8Array) => readStored({ bytes, sha256: await sha256(bytes) }, maxPixels)

  it('keeps its bytes when it holds nothing but a picture, as what an upload became does', async () => {
    for (const file of [
      await photograph().png().toBuffer(),
      await photograph().jpeg().toBuffer(),
      await photograph().jpeg({ progressive: true }).toBuffer(),
      await photograph().webp().toBuffer(),
      await photograph().ensureAlpha(0.5).webp().toBuffer(),
    ]) {
      for (const bytes of [file, await read(file)]) {
        const picture = await stored(bytes)
        assert.deepEqual([picture.body, picture.sourceSha256], [bytes, null])
        assert.equal(await cleanStored(bytes, maxPixels), bytes)
      }
    }
  })

  it('is cleaned when it holds more, each time to the same bytes', async () => {
    for (const file of [
      await told(photograph()).jpeg().toBuffer(),
      await told(photograph()).png().toBuffer(),
      await told(photograph()).webp().toBuffer(),
      Buffer.concat([await photograph().jpeg().toBuffer(), Buffer.from(secret)]),
    ]) {
      const picture = await stored(file)
      await assertClean(picture.body)
      assert.deepEqual([picture.sha256, picture.sourceSha256], [await sha256(picture.body), await sha256(file)])
      assert.deepEqual(await cleanStored(file, maxPixels), picture.body)
    }
  })
})
