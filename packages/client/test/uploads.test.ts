import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, it } from '@jest/globals'
import { startStopwatch } from '@atelier/testing'
import { Atelier, AtelierConnectionError, AtelierSourceError, type PictureSource } from '../src/index.js'
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

describe('how long large bodies may take', () => {
  let requests = 0
  /** Reads and answers for three seconds, and never stands still; `/v1/sessions/stuck/export` stops half-way. */
  const server = createServer(async (request, response) => {
    requests++
    const end = Date.now() + 3_000
    for await (const _ of request) if (Date.now() < end) await pause(20)
    response.writeHead(request.method === 'POST' ? 201 : 200, { 'content-type': 'application/json' })
    if (request.method === 'POST') return response.end('{"id":"img_slow"}')
    for (let part = 0; part < 30; part++) {
      response.write('part ')
      if (part === 5 && request.url!.includes('stuck')) return undefined
      await pause(100)
    }
    return response.end()
  })
  let atelier: Atelier
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    atelier = new Atelier({ url, token: tinyToken, retries: 0, timeoutMs: 2_000 })
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => {
    requests = 0
  })

  it('is not bounded while an upload goes on, in Node', async () => {
    assert.equal((await atelier.images.upload(new Uint8Array(16 * 1024 * 1024))).id, 'img_slow')
    assert.equal(requests, 1)
  })

  it('is not bounded while a download goes on, but it ends when nothing comes', async () => {
    assert.equal(Buffer.from(await atelier.sessions.export('slow')).toString(), 'part '.repeat(30))
    const watch = startStopwatch()
    await assert.rejects(atelier.sessions.export('stuck'), AtelierConnectionError)
    assert.ok(watch.stop() < 10_000)
  })

  it('is not bounded while the program itself is held up', async () => {
    const downloading = atelier.sessions.export('slow')
    await pause(500)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500)
    assert.equal(Buffer.from(await downloading).toString(), 'part '.repeat(30))
  })

  describe('in a browser', () => {
    let steps = 0
    /** Sends so many steps of a body, one each 100 ms, and is answered after the thirtieth. */
    class BrowserRequest extends EventTarget {
      upload = new EventTarget()
      status = 201
      statusText = 'Created'
      response = new TextEncoder().encode('{"id":"img_browser"}').buffer
      responseType = ''
      open() {}
      setRequestHeader() {}
      getAllResponseHeaders() {
        return 'content-type: application/json'
      }
      abort() {
        this.dispatchEvent(new Event('abort'))
      }
      async send() {
        for (let step = 1; step <= steps; step++) {
          await pause(100)
          this.upload.dispatchEvent(Object.assign(new Event('progress'), { loaded: step, total: 30 }))
        }
        if (steps === 30) this.dispatchEvent(new Event('load'))
      }
    }
    beforeAll(() => void Object.assign(globalThis, { XMLHttpRequest: BrowserRequest }))
    afterAll(() => {
      delete (globalThis as { XMLHttpRequest?: unknown }).XMLHttpRequest
    })

    it('is not bounded while it tells that an upload goes on, but it ends when nothing is told', async () => {
      steps = 30
      assert.equal((await atelier.images.upload(new Uint8Array(1024))).id, 'img_browser')
      steps = 5
      const watch = startStopwatch()
      await assert.rejects(atelier.images.upload(new Uint8Array(16 * 1024 * 1024)), AtelierConnectionError)
      assert.ok(watch.stop() < 10_000)
    })
  })
})
