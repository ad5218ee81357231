import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from '@jest/globals'
import type { ErrorBody } from '@atelier/contracts'
import { io } from 'socket.io-client'
import { createLogger } from '@atelier/service'
import { cleanUpAfterEach, eventually } from '@atelier/testing'
import { startTestApi, uploaded } from './support/test-api.js'

const cleanUp = cleanUpAfterEach()

async function startAt(basePath: string, more: { pageDirectory?: string; trustProxy?: string[] } = {}) {
  const api = await startTestApi((d) => ({ ...d, settings: { ...d.settings, basePath, ...more } }))
  cleanUp(() => api.close())
  const url = await api.listen()
  return { api, url, status: async (path: string) => (await fetch(url + path)).status }
}

describe('BASE_PATH', () => {
  it('is taken off requests, and off nothing that only begins like it', async () => {
    const { status } = await startAt('/tools/atelier')
    assert.equal(await status('/tools/atelier/health/live'), 200)
    assert.equal(await status('/health/live'), 200)
    assert.equal(await status('/tools/atelier?x'), 200)
    assert.equal(await status('/tools/atelierhealth/live'), 404)
    assert.equal(await status('/atelier/health/live'), 404)
    assert.equal(await status('/tools/atelier/tools/atelier/health/live'), 404)
  })

  it('is in the links to images and in the page', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'atelier page '))
    cleanUp(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'index.html'), '<base href="/"><p>page</p>')
    await writeFile(join(folder, 'admin.html'), '<base href="/"><p>page</p>')
    const { api, url } = await startAt('/atelier', { pageDirectory: folder })
    const image = await uploaded(api)
    assert.match(image.url, /^\/atelier\/objects\/.*signature=/)
    assert.equal((await fetch(new URL(image.url, url))).status, 200)
    for (const address of ['/atelier', '/atelier/', '/atelier/admin', '/atelier/admin/queue/gen_1'])
      assert.equal(await (await fetch(url + address)).text(), '<base href="/atelier/"><p>page</p>', address)
  })
})

describe('TRUST_PROXY', () => {
  it('believes X-Forwarded-For from the proxies that it names alone, in logs and in `request.ip`', async () => {
    const addressOf = async (trustProxy: string[], forwarded: string) => {
      const lines: string[] = []
      const logger = createLogger('api', 'info', { write: (line: string) => lines.push(line) })
      const api = await startTestApi((d) => ({ ...d, logger, settings: { ...d.settings, trustProxy } }))
      cleanUp(() => api.close())
      await fetch(`${await api.listen()}/health/live`, { headers: { 'x-forwarded-for': forwarded } })
      const line = await eventually('a line of the request', () => lines.find((l) => l.includes('/health/live')))
      return (JSON.parse(line) as { req: { address: string } }).req.address
    }
    assert.equal(await addressOf([], '203.0.113.9'), '127.0.0.1')
    assert.equal(await addressOf(['10.0.0.0/8'], '203.0.113.9'), '127.0.0.1')
    assert.equal(await addressOf(['127.0.0.0/8'], '203.0.113.9'), '203.0.113.9')
    // what a caller claims stands to the left of what the proxies add
    assert.equal(await addressOf(['127.0.0.1', '10.0.0.0/8'], '198.51.100.1, 203.0.113.9, 10.1.2.3'), '203.0.113.9')
  })

  it('holds for sockets: failed sign-ins of one caller lock out no other one behind the same proxy', async () => {
    const answerTo = async (trustProxy: string[]) => {
      const api = await startTestApi((d) => {
        const limits = { ...d.settings.limits, failedSignInsPerMinute: 2 }
        return { ...d, settings: { ...d.settings, trustProxy, limits } }
      })
      cleanUp(() => api.close())
      const url = await api.listen()
      const connect = async (token: string, from: string) => {
        const socket = io(url, {
          auth: { token },
          extraHeaders: { 'x-forwarded-for': from },
          transports: ['websocket'],
          reconnection: false,
        })
        const answer = await new Promise<string>((resolve) => {
          socket.on('connect', () => resolve('connected'))
          socket.on('connect_error', (error) => resolve((error as unknown as { data: ErrorBody }).data.error.code))
        })
        socket.disconnect()
        return answer
      }
      const wrong = `atl_${'0'.repeat(40)}`
      for (let attempt = 0; attempt < 3; attempt++) await connect(wrong, '203.0.113.9')
      return [await connect(wrong, '203.0.113.9'), await connect(api.anna.token, '203.0.113.77')]
    }
    assert.deepEqual(await answerTo(['127.0.0.1']), ['rate_limited', 'connected'])
    // without a trusted proxy they are one address
    assert.deepEqual(await answerTo([]), ['rate_limited', 'rate_limited'])
  })
})
