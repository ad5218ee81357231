import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import type { Archive } from '@atelier/contracts'
import sharp from 'sharp'
import { exported, imported, refuses, saying } from './support/archives.js'
import { makeZip, manifestOf, readZip, type Files } from './support/read-zip.js'
import { richSession } from './support/rich-session.js'
import { multipart, png, startTestApi, type TestApi } from './support/test-api.js'

let api: TestApi
let archive: Buffer
let files: Files
beforeAll(async () => {
  api = await startTestApi()
  archive = (await exported(api, (await richSession(api)).id)).rawPayload
  files = await readZip(archive)
})
afterAll(() => api.close())

const send = async (payload: Buffer, headers: Record<string, string>) => {
  const answer = await api.app.inject({
    method: 'POST',
    url: '/v1/sessions/import',
    payload,
    headers: { ...api.anna.headers, ...headers },
  })
  return { status: answer.statusCode, body: answer.json() }
}
/** Asserts that an archive is refused for a reason at a place, and that nothing was written. */
const refused = (bytes: Buffer, path: string, problem: RegExp) => refuses(api, bytes, path, problem)
/** Asserts that the archive with another `session.json` is refused. */
const said = async (change: (archive: Archive) => unknown, path: string, problem: RegExp) =>
  refused(await saying(files, change), path, problem)
/** The archive with one more file, or one changed. */
const holding = (name: string, bytes: Buffer) => makeZip([...new Map(files).set(name, bytes)])
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const firstImage = () => manifestOf(files).images[0]!

/** The bytes with each occurrence of a text replaced by one of the same length, as a writer of zips would refuse to. */
const replaced = (bytes: Buffer, from: string, to: string): Buffer =>
  Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1')

describe('an archive is refused', () => {
  it('when it is no zip, or a part of one', async () => {
    await refused(Buffer.from('no zip at all, but long enough to be one'), 'The file', /cannot be read/)
    await refused(Buffer.alloc(0), 'The file', /cannot be read/)
    await refused(archive.subarray(0, -200), 'The file', /cannot be read/)
    await refused(archive.subarray(500), 'The file', /cannot be read/)
  })

  it('when a name climbs out, is absolute, has a backslash or comes twice', async () => {
    const odd = await holding('aa/xx.png', Buffer.from('x'))
    await refused(replaced(odd, 'aa/xx.png', '../xx.png'), 'The file', /invalid relative path/)
    await refused(replaced(odd, 'aa/xx.png', '/a/xx.png'), 'The file', /absolute path/)
    await refused(replaced(odd, 'aa/xx.png', 'C:/xx.png'), 'The file', /absolute path/)
    await refused(replaced(odd, 'aa/xx.png', 'aa\\xx.png'), 'The file', /invalid characters/)
    await refused(await makeZip([...files, ['session.json', Buffer.from('{}')]]), 'session.json', /twice/)
  })

  it('when a file is unknown or missing', async () => {
    await refused(await holding('readme.txt', Buffer.from('x')), 'readme.txt', /does not name/)
    for (const name of [firstImage().file, firstImage().thumbnail, 'session.json']) {
      await refused(await makeZip([...files].filter(([other]) => other !== name)), name, /missing/)
    }
  })

  it('when a file is another one than was exported', async () => {
    const { file, thumbnail } = firstImage()
    await refused(await holding(file, await png(64, 64, '#000')), file, /SHA-256/)
    await refused(await holding(thumbnail, await png(64, 64, '#000')), thumbnail, /SHA-256/)
  })

  it('when a file is no picture, or another one than it says, although its hash is right', async () => {
    const { file, thumbnail } = firstImage()
    const swapped = async (name: string, bytes: Buffer) => {
      const manifest = manifestOf(files)
      const image = manifest.images[0]!
      if (name === file) Object.assign(image, { sha256: sha256(bytes), bytes: bytes.length })
      else image.thumbnailSha256 = sha256(bytes)
      return makeZip(new Map(files).set(name, bytes).set('session.json', Buffer.from(JSON.stringify(manifest))))
    }
    const jpeg = await sharp(await png(64, 64))
      .jpeg()
      .toBuffer()
    await refused(await swapped(file, Buffer.from('<svg/>')), file, /unsupported_image/)
    await refused(await swapped(file, (await png(64, 64)).subarray(0, 90)), file, /image_truncated/)
    await refused(await swapped(file, await png(2000, 1000)), file, /image_too_large/)
    await refused(await swapped(file, await png(64, 32)), file, /another type or size/)
    await refused(await swapped(file, jpeg), file, /another type or size/)
    await refused(await swapped(thumbnail, jpeg), thumbnail, /not WebP/)
    const large = await sharp(await png(300, 300))
      .webp()
      .toBuffer()
    await refused(await swapped(thumbnail, large), thumbnail, /image_too_large/)
  })

  it('when session.json is of another form', async () => {
    const json = (text: string) => makeZip(new Map(files).set('session.json', Buffer.from(text)))
    await refused(await json('{'), 'session.json', /no JSON/)
    await refused(await json(`${'['.repeat(1000)}${']'.repeat(1000)}`), 'session.json', /no JSON/)
    await refused(await json('null'), 'session.json', /does not fit/)
    await said((a) => ({ ...a, format: 2 }), 'format', /does not fit/)
    await said(
      (a) => {
        a.session.title = 'null \0 character'
      },
      'session.json',
      /can be stored/,
    )
    await said(
      (a) => {
        a.generations[0]!.attempt = 2 ** 40
      },
      'generations.0.attempt',
      /does not fit/,
    )
    await said(
      (a) => {
        a.generations[0]!.status = 'queued' as 'failed'
      },
      'generations.0.status',
      /does not fit/,
    )
    await said(
      (a) => {
        a.turns[0]!.createdAt = '0000-01-01T00:00:00Z'
      },
      'turns.0.createdAt',
      /does not fit/,
    )
    await said(
      (a) => {
        a.images[0]!.id = '../../etc/passwd'
      },
      'images.0.id',
      /does not fit/,
    )
    await said(
      (a) => {
        a.images[0]!.file = 'session.json'
      },
      'images.0',
      /other names/,
    )
  })
})

describe('a zip bomb', () => {
  const file = 'session.json'

  it('is refused by what it says, before it is unpacked', async () => {
    await refused(await holding(file, Buffer.alloc(16.5 * 1024 * 1024, ' ')), file, /longer than/)
    const picture = firstImage().file
    await refused(await holding(picture, Buffer.alloc(9 * 1024 * 1024)), picture, /longer than/)
    const many = Array.from({ length: 4 }, (_, n) => [`${n}`, Buffer.alloc(5 * 1024 * 1024)] as const)
    await refused(await makeZip([...files, ...many]), 'The file', /once it is unpacked/)
  })

  it('is refused when it holds more than it says', async () => {
    const size = 3 * 1024 * 1024
    const [true32, small32] = [Buffer.alloc(4), Buffer.alloc(4)]
    true32.writeUInt32LE(size)
    small32.writeUInt32LE(100)
    const honest = await holding(file, Buffer.alloc(size, ' '))
    const bomb = replaced(honest, true32.toString('latin1'), small32.toString('latin1'))
    await refused(bomb, file, /too many bytes/)
  })

  it('is refused when it has too many files', async () => {
    const many = Buffer.from(archive)
    // the count in the zip's last record, 22 bytes long
    many.writeUInt16LE(20_002, many.length - 12)
    await refused(many, 'The file', /more than 20001 files/)
  })
})

describe('an upload of an archive', () => {
  it('is refused as soon as it is too long', async () => {
    const counts = await api.count()
    const { status, body } = await imported(api, Buffer.alloc(3 * 1024 * 1024))
    assert.deepEqual([status, body.error.code], [413, 'payload_too_large'])
    assert.deepEqual(body.error.details, { maxBytes: 1024 * 1024 })
    assert.deepEqual(await api.count(), counts)
  })

  it('has one part named file', async () => {
    const wrong = multipart(archive, { purpose: 'mask' })
    assert.ok([400, 413].includes((await send(wrong.payload, wrong.headers)).status))
    const empty = Buffer.from('--x--\r\n')
    const { status, body } = await send(empty, { 'content-type': 'multipart/form-data; boundary=x' })
    assert.deepEqual([status, body.error.code], [400, 'invalid_request'])
    const json = await send(Buffer.from('{}'), { 'content-type': 'application/json' })
    assert.deepEqual([json.status, json.body.error.code], [415, 'unsupported_media_type'])
  })

  it('may be repeated with its Idempotency-Key after a refusal', async () => {
    const key = { 'idempotency-key': 'mended' }
    const bad = multipart(archive.subarray(0, -200))
    assert.equal((await send(bad.payload, { ...bad.headers, ...key })).status, 400)
    const good = multipart(archive)
    assert.equal((await send(good.payload, { ...good.headers, ...key })).status, 201)
  })
})
