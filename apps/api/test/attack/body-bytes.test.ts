import assert from 'node:assert/strict'
import { connect, type Socket as TcpSocket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import type { Limits } from '@atelier/contracts'
import { cleanUpAfterEach, eventually } from '@atelier/testing'
import { startTestApi, type Person, type TestApi } from '../support/test-api.js'

describe('the memory for bodies with pictures in them', () => {
  const cleanUp = cleanUpAfterEach()
  const MB = 1024 * 1024
  let api: TestApi
  let url: URL
  beforeAll(async () => {
    api = await startTestApi((d) => ({
      ...d,
      settings: { ...d.settings, limits: { ...d.settings.limits, uploadBytes: 20 * MB } },
    }))
    url = new URL(await api.listen())
  })
  afterAll(() => api.close())

  /** Sends the head of a request and the first byte of its body. */
  async function begin(path: string, as: Person, length: string, type = 'application/json') {
    const socket: TcpSocket = connect(Number(url.port), url.hostname)
    cleanUp(() => socket.destroy())
    let answer = ''
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text))
    const head = [`POST ${path} HTTP/1.1`, 'Host: x', `Authorization: ${as.headers.authorization}`]
    const chunked = length === 'chunked'
    head.push(`Content-Type: ${type}`, chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`)
    socket.write(`${head.join('\r\n')}\r\n\r\n${chunked ? '1\r\n{\r\n' : '{'}`)
    return { end: () => socket.destroy(), answer: () => answer }
  }
  /** Begins so many requests, of which only the first `most` may wait for their bodies; the others are refused. */
  const beginMany = async (count: number, most: number, ...given: Parameters<typeof begin>) => {
    const all = await Promise.all(Array.from({ length: count }, () => begin(...given)))
    const answers = () => all.flatMap(({ answer }) => answer() || [])
    await eventually('all others are refused', () => answers().length >= count - most)
    // one more would come now
    await sleep(200)
    const refused = answers()
    assert.equal(refused.length, count - most, given.slice(0, 1).join())
    for (const answer of refused) {
      assert.match(answer, /^HTTP\/1\.1 503 /)
      assert.match(answer, /^retry-after: \d+\r$/im)
      assert.match(answer, /"code":"busy"/)
    }
    return () => all.forEach(({ end }) => end())
  }

  it('is bounded for an owner, whether lengths are told or not, and given back', async () => {
    for (const [path, length, most] of [
      ['/openai/v1/images/edits', 26 * MB, 3],
      ['/openai/v1/responses', 26 * MB, 3],
      ['/openai/v1/responses', 'chunked', 3],
      ['/mcp', 5 * MB, 19],
      ['/mcp', 'chunked', 16],
    ] as const) {
      const form = ['/openai/v1/images/edits', api.anna, String(MB), 'multipart/form-data; boundary=x'] as const
      const ends = [
        await beginMany(24, most, path, api.anna, String(length)),
        await beginMany(1, 1, path, api.ben, String(length)),
        await beginMany(1, 1, ...form),
      ]
      for (const end of ends) end()
      const decodes = async () => ((await api.send('GET', '/v1/limits')).body as Limits).decodes.used
      await eventually('all are counted off', async () => (await decodes()) === 0)
    }
  })

  it('is bounded for all together', async () => {
    const cleo = await api.database.admin.createKey({ name: 'Cleo', scopes: ['user'] })
    const path = '/openai/v1/responses'
    const most = [api.anna, api.ben, api.admin]
    await Promise.all(most.map((as) => beginMany(3, 3, path, as, String(26 * MB))))
    await eventually('all are counted', async () => {
      const limits = await Promise.all(most.map((as) => api.send('GET', '/v1/limits', { as })))
      return limits.every(({ body }) => (body as Limits).decodes.used === 3)
    })
    const as = { ...api.anna, headers: { authorization: `Bearer ${cleo.token}` } }
    await beginMany(1, 0, path, as, String(26 * MB))
    await beginMany(1, 1, path, as, String(MB))
  })

  it('is given back when the caller leaves while it is signed in', async () => {
    let asked = 0
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow = await startTestApi((d) => ({
      ...d,
      database: {
        ...d.database,
        credentials: {
          ...d.database.credentials,
          authenticate: async (token) => {
            asked += 1
            await held
            return d.database.credentials.authenticate(token)
          },
        },
      },
    }))
    cleanUp(() => slow.close())
    const { port, hostname } = new URL(await slow.listen())
    const open = () => new Promise<number>((resolve) => slow.app.server.getConnections((_, count) => resolve(count)))
    const callers = [
      [slow.anna, '/openai/v1/responses'],
      [slow.ben, '/mcp'],
    ] as const
    for (const [n, [as, path]] of callers.entries()) {
      const socket = connect(Number(port), hostname)
      const length = `Content-Length: ${5 * MB}`
      const head = [`POST ${path} HTTP/1.1`, 'Host: x', `Authorization: ${as.headers.authorization}`, length]
      socket.write(`${head.join('\r\n')}\r\nContent-Type: application/json\r\n\r\n{`)
      await eventually('it is signed in', () => asked === n + 1)
      socket.destroy()
      await eventually('the caller is gone', async () => (await open()) === 0)
    }
    release()
    await sleep(300)
    for (const [as] of callers)
      await eventually('nothing is counted', async () => {
        const { decodes, sockets } = (await slow.send('GET', '/v1/limits', { as })).body as Limits
        return decodes.used === 0 && sockets.used === 0
      })
  })
})
