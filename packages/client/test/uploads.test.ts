import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, it } from '@jest/globals'
import { Atelier, AtelierSourceError, type PictureSource } from '../src/index.js'
import { readFile } from '../src/read-no-file.js'
import { TinyApi, tinyToken } from './tiny-api.js'

describe('uploads', () => {
  const api = new TinyApi()
  const bytes = Buffer.from('the bytes of a picture')
  const server = createServer((request, response) =>
    request.url === '/picture.png' ? response.end(bytes) : response.writeHead(404).end(),
  )
  let atelier: Atelier
  let folder: string
  let path: string
  let web: string
  beforeAll(async () => {
    await api.start()
    atelier = new Atelier({ url: api.url, token: tinyToken })
    folder = await mkdtemp(join(tmpdir(), 'atelier client '))
    path = join(folder, 'a picture #1.png')
    await writeFile(path, bytes)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    web = `http://127.0.0.1:${(server.address() as AddressInfo).port}/picture.png`
  })
  afterAll(async () => {
    server.close()
    await api.stop()
    await rm(folder, { recursive: true })
  })
  beforeEach(() => {
    api.requests.length = 0
  })

  it('take a picture from a path, bytes, a Blob or an address', async () => {
    const sources: PictureSource[] = [
      path,
      pathToFileURL(path),
      pathToFileURL(path).href,
      bytes,
      new Uint8Array(bytes),
      new Uint8Array(bytes).buffer,
      new Blob([bytes]),
      new File([bytes], 'x.png'),
      web,
      new URL(web),
      `data:image/png;base64,${bytes.toString('base64')}`,
    ]
    for (const source of sources) assert.match((await atelier.images.upload(source)).id, /^img_/)
    for (const { body } of api.requests) {
      const file = (body as FormData).get('file') as File
      assert.deepEqual(Buffer.from(await file.arrayBuffer()), bytes)
    }
    assert.equal(api.requests.length, sources.length)
    await atelier.images.upload(path, { purpose: 'mask' })
    assert.equal((api.requests.at(-1)!.body as FormData).get('purpose'), 'mask')
  })

  it('say what could not be read, and send nothing then', async () => {
    for (const source of [
      join(folder, 'none.png'),
      `${web}x`,
      new URL('file:///none'),
      'data:no',
      'http://127.0.0.1:9/',
    ])
      await assert.rejects(atelier.images.upload(source), (error: Error) => {
        assert.ok(error instanceof AtelierSourceError, String(error))
        assert.ok(error.message.includes(String(source)) && error.cause, error.message)
        return true
      })
    await assert.rejects(atelier.images.upload(web, { signal: AbortSignal.abort() }), { name: 'AbortError' })
    await assert.rejects(readFile(path), /Give a Blob/)
    assert.equal(api.requests.length, 0)
  })
})
