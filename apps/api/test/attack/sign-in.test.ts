import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import { connect, createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { cleanUpAfterEach } from '@atelier/testing'
import { io } from 'socket.io-client'
import { startTestApi, type TestApi } from '../support/test-api.js'

const cleanUp = cleanUpAfterEach()

let api: TestApi
let url: string
beforeAll(async () => {
  api = await startTestApi()
  url = await api.listen()
})
afterAll(() => api.close())

const keyIdOf = async (token: string) => (await api.database.credentials.authenticate(token))!.keyId
const newLink = async (token = api.anna.token, seconds = 60) =>
  api.database.credentials.createLink(await keyIdOf(token), seconds)
const redeem = (body: object, headers: Record<string, string> = {}) =>
  api.send('POST', '/v1/browser-sessions', { as: null, body, headers })
const cookieOf = (headers: Record<string, unknown>) => String(headers['set-cookie']).split(';')[0]!
const signedIn = async (token?: string) => cookieOf((await redeem({ secret: await newLink(token) })).headers)
const own = { 'sec-fetch-site': 'same-origin' }

const listening = async <S extends Server>(server: S): Promise<number> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** Every GET route below `/v1`, asked without a key. */
async function opened(base: string, headers: Record<string, string>): Promise<string[]> {
  const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, { get?: object }> }
  const all: string[] = []
  for (const path of [...Object.keys(paths).filter((path) => paths[path]!.get), '/v1/local/session', '/admin/queues']) {
    if (path.startsWith('/health') || path.startsWith('/objects')) continue
    const status = await new Promise<number>((resolve, reject) => {
      httpRequest(`${base}${path.replaceAll(/\{\w+\}/g, 'x')}`, { headers }, (answer) => {
        answer.resume()
        resolve(answer.statusCode!)
      })
        .on('error', reject)
        .end()
    })
    if (status < 400) all.push(path)
  }
  return all
}

describe('nobody is signed in by where a request comes from', () => {
  const local = { host: '127.0.0.1:8080', 'sec-fetch-site': 'same-origin', origin: 'http://127.0.0.1:8080' }

  it('not on this machine itself', async () => {
    assert.deepEqual(await opened(url, {}), [])
    assert.deepEqual(await opened(url, local), [])
  })

  it('not through a plain TCP forwarder', async () => {
    const port = await listening(
      createTcpServer((socket) => {
        const target = connect(Number(new URL(url).port), '127.0.0.1')
        socket.pipe(target).pipe(socket)
        for (const end of [socket, target]) end.on('error', () => end.destroy())
      }),
    )
    assert.deepEqual(await opened(`http://127.0.0.1:${port}`, local), [])
  })

  it('not through a proxy that adds no headers and names the upstream as host', async () => {
    const proxy = createServer((request, answer) => {
      const upstream = httpRequest(
        `${url}${request.url}`,
        { method: request.method!, headers: { host: new URL(url).host } },
        (from) => from.pipe(answer.writeHead(from.statusCode!, from.headers)),
      )
      request.pipe(upstream)
    })
    const port = await listening(proxy)
    assert.deepEqual(await opened(`http://127.0.0.1:${port}`, {}), [])
    assert.deepEqual(await opened(`http://127.0.0.1:${port}`, local), [])
  })
})

describe('a sign-in link', () => {
  it('signs one browser in, once', async () => {
    const secret = await newLink()
    assert.match(secret, /^[0-9a-f]{64}$/)
    const { status, body, headers } = await redeem({ secret })
    assert.equal(status, 201)
    assert.equal(body.ownerId, api.anna.ownerId)
    const days = (Date.parse(body.expiresAt) - Date.now()) / 86_400_000
    assert.ok(days > 29.9 && days < 30.1, body.expiresAt)
    assert.match(
      String(headers['set-cookie']),
      /^atelier_session=atb_[0-9a-f]{64}; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/,
    )
    const again = await redeem({ secret })
    assert.deepEqual(
      [again.status, again.body.error.code, again.headers['set-cookie']],
      [401, 'unauthorized', undefined],
    )
  })

  it('signs in one of many who use it at the same moment', async () => {
    const secret = await newLink()
    const all = await Promise.all(Array.from({ length: 20 }, () => redeem({ secret })))
    assert.deepEqual(all.map(({ status }) => status).sort(), [201, ...Array<number>(19).fill(401)])
  })

  it('ends with its time, and with its key', async () => {
    assert.equal((await redeem({ secret: await newLink(api.anna.token, -1) })).status, 401)
    const key = (await api.send('POST', '/v1/admin/keys', { as: api.admin, body: { name: 'short' } })).body
    const secret = await newLink(key.token)
    await api.send('DELETE', `/v1/admin/keys/${key.id}`, { as: api.admin })
    assert.equal((await redeem({ secret })).status, 401)
  })

  it('is refused when it is none, with a key beside it, or asked for by another page', async () => {
    assert.equal((await redeem({ secret: 'f'.repeat(64) })).status, 401)
    assert.equal((await redeem({})).status, 400)
    assert.equal((await redeem({ secret: 'x', key: api.anna.token })).status, 400)
    const secret = await newLink()
    assert.equal((await redeem({ secret }, { 'sec-fetch-site': 'cross-site' })).status, 403)
    assert.equal((await redeem({ secret }, { 'sec-fetch-site': 'same-site' })).status, 403)
    assert.equal((await redeem({ secret }, own)).status, 201)
  })

  it('leaves neither secret nor cookie in the database', async () => {
    const secret = await newLink()
    const cookie = await signedIn()
    const kept = JSON.stringify([
      await api.sql('SELECT * FROM sign_in_links'),
      await api.sql('SELECT * FROM browser_sessions'),
    ])
    assert.ok(kept.length > 100)
    assert.ok(!kept.includes(secret) && !kept.includes(cookie.split('=')[1]!))
  })
})

describe('the cookie of a browser', () => {
  it('serves every tab: REST, event stream, socket; and a key can be exchanged for it', async () => {
    const sessionId = await api.session()
    const exchanged = await redeem({ key: api.anna.token }, { origin: 'https://atelier.example' })
    assert.match(String(exchanged.headers['set-cookie']), /; Secure$/)
    for (const cookie of [await signedIn(), cookieOf(exchanged.headers)]) {
      const send = (path: string) => api.send('GET', path, { as: null, headers: { cookie } })
      assert.equal((await send(`/v1/sessions/${sessionId}`)).status, 200)
      const { ownerId, key } = (await send('/v1/browser-sessions/current')).body
      assert.deepEqual([ownerId, key.name], [api.anna.ownerId, 'Anna'])
      assert.ok(api.anna.token.startsWith(key.hint) && key.hint.length < 20, key.hint)
      const stream = await fetch(`${url}/v1/sessions/${sessionId}/events`, { headers: { cookie } })
      assert.equal(stream.status, 200)
      await stream.body!.cancel()
      const socket = io(url, { transports: ['websocket'], reconnection: false, extraHeaders: { cookie, ...own } })
      cleanUp(() => void socket.close())
      const joined = (await socket.timeout(30_000).emitWithAck('session:join', { sessionId })) as { lastSeq: number }
      assert.equal(joined.lastSeq, 0)
    }
  })

  it('has the scopes of its key, also at the board', async () => {
    const status = async (token: string, path: string) =>
      (await api.send('GET', path, { as: null, headers: { cookie: await signedIn(token) } })).status
    assert.equal(await status(api.anna.token, '/v1/admin/keys'), 403)
    assert.equal(await status(api.anna.token, '/admin/queues'), 403)
    assert.equal(await status(api.admin.token, '/v1/admin/keys'), 200)
    assert.equal(await status(api.admin.token, '/admin/queues'), 200)
  })

  it('changes nothing for a page that is not the own', async () => {
    const cookie = await signedIn(api.admin.token)
    const before = await api.count()
    const host = 'atelier.example:8080'
    const foreign: Record<string, string>[] = [
      {},
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'cross-site', origin: `http://${host}` },
      { origin: 'http://evil.example' },
      { origin: 'http://atelier.example' },
      { origin: `http://evil.example/${host}` },
      { origin: 'null' },
    ]
    for (const headers of foreign) {
      for (const [method, path] of [
        ['POST', '/v1/sessions'],
        ['POST', '/v1/admin/keys'],
        ['DELETE', '/v1/browser-sessions/current'],
        ['PUT', '/admin/queues/api/queues/pause'],
      ] as const) {
        const { status, body } = await api.send(method, path, {
          as: null,
          headers: { cookie, host, ...headers },
          ...(method === 'POST' && { body: { name: 'x' } }),
        })
        assert.deepEqual([status, body.error?.code], [403, 'forbidden'], `${method} ${path} ${JSON.stringify(headers)}`)
      }
    }
    assert.deepEqual(await api.count(), before)
    for (const headers of [own, { origin: `http://${host}` }])
      assert.equal(
        (await api.send('POST', '/v1/sessions', { as: null, headers: { cookie, host, ...headers } })).status,
        201,
      )
  })

  it('opens no socket for a page that is not the own', async () => {
    const cookie = await signedIn()
    const foreign: Record<string, string>[] = [
      {},
      { origin: 'http://127.0.0.1:3000' },
      { 'sec-fetch-site': 'same-site' },
    ]
    for (const headers of foreign) {
      const socket = io(url, { transports: ['websocket'], reconnection: false, extraHeaders: { cookie, ...headers } })
      cleanUp(() => void socket.close())
      const refused = await new Promise<Error & { data?: any }>((resolve) => {
        socket.once('connect_error', resolve)
        socket.once('connect', () => resolve(new Error('connected')))
      })
      assert.equal(refused.data?.error.code, 'forbidden', refused.message)
    }
  })

  it('ends with a sign-out, for every tab, and with its key', async () => {
    const cookie = await signedIn()
    const current = (held: string) =>
      api.send('GET', '/v1/browser-sessions/current', { as: null, headers: { cookie: held } })
    assert.equal((await current(cookie)).status, 200)
    const out = await api.send('DELETE', '/v1/browser-sessions/current', { as: null, headers: { cookie, ...own } })
    assert.equal(out.status, 204)
    assert.match(String(out.headers['set-cookie']), /^atelier_session=; Path=\/; Max-Age=0;/)
    assert.equal((await current(cookie)).status, 401)
    const key = (await api.send('POST', '/v1/admin/keys', { as: api.admin, body: { name: 'behind' } })).body
    const other = await signedIn(key.token)
    assert.equal((await current(other)).status, 200)
    await api.send('DELETE', `/v1/admin/keys/${key.id}`, { as: api.admin })
    assert.equal((await current(other)).status, 401)
  })
})
