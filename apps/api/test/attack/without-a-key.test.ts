import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import type { ErrorBody } from '@atelier/contracts'
import { cleanUpAfterEach, eventually, freePort } from '@atelier/testing'
import { io, type Socket } from 'socket.io-client'
import { networkOf } from '../../src/address-limits.js'
import { startTestApi, uploaded, type TestApi } from '../support/test-api.js'

const cleanUp = cleanUpAfterEach()
/** Of Socket.IO's protocol. */
const disconnectPacket = 1

let api: TestApi
let url: string
let asked = 0
let checked = 0
const metricsPort = await freePort()
beforeAll(async () => {
  api = await startTestApi((d) => ({
    ...d,
    settings: {
      ...d.settings,
      limits: { ...d.settings.limits, anonymousPerMinute: 40, failedSignInsPerMinute: 5 },
      metrics: { host: '127.0.0.1', port: metricsPort },
      trustProxy: ['127.0.0.1'],
    },
    // what looks at the service by itself asks the database, not this
    queue: Object.assign(Object.create(d.queue) as typeof d.queue, {
      check: () => {
        checked += 1
        return d.queue.check()
      },
    }),
    database: {
      ...d.database,
      credentials: {
        ...d.database.credentials,
        authenticate: (token) => {
          asked += 1
          return d.database.credentials.authenticate(token)
        },
      },
    },
  }))
  url = await api.listen()
})
afterAll(() => api.close())

const from = async (remoteAddress: string, path: string, headers: Record<string, string> = {}) => {
  const { statusCode: status, headers: answered, body } = await api.app.inject({ url: path, remoteAddress, headers })
  return { status, retryAfter: Number(answered['retry-after']), body }
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const wrong = () => bearer(`atl_${Math.random().toString(36).slice(2)}`)

describe('failed sign-ins', () => {
  it('are limited by address, without a query, and lock out nobody who holds a key', async () => {
    assert.equal((await from('10.0.0.1', '/v1/models', bearer(api.anna.token))).status, 200)
    for (let n = 0; n < 5; n++) assert.equal((await from('10.0.0.1', '/v1/models', wrong())).status, 401)
    const before = asked
    for (let n = 0; n < 20; n++) {
      const { status, retryAfter } = await from('10.0.0.1', '/v1/models', wrong())
      assert.equal(status, 429)
      assert.ok(retryAfter >= 1 && retryAfter <= 60, String(retryAfter))
    }
    assert.equal(asked, before)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    assert.equal((await from('10.0.0.1', '/v1/models', bearer(api.anna.token))).status, 200)
    assert.equal((await from('10.0.0.2', '/v1/models', wrong())).status, 401)
  })

  it('count links and keys alike', async () => {
    const sign = (payload: object) =>
      api.app.inject({ method: 'POST', url: '/v1/browser-sessions', remoteAddress: '10.0.0.3', payload })
    for (let n = 0; n < 5; n++)
      assert.equal((await sign(n % 2 ? { secret: 'f'.repeat(64) } : { key: 'atl_x' })).statusCode, 401)
    assert.equal((await sign({ secret: 'f'.repeat(64) })).statusCode, 429)
    assert.equal((await sign({ key: 'atl_x' })).statusCode, 429)
  })
})

describe('routes that need no key', () => {
  let addresses = 0
  for (const [name, path, limited] of [
    ['a route that is not there', '/nowhere', 404],
    ['a route that needs one', '/v1/models', 401],
    ['the document', '/openapi.json', 200],
    ['links that do not hold', '/objects/x.png?expires=99999999999&signature=x', 404],
  ] as const)
    it(`are limited by address: ${name}`, async () => {
      const address = `10.1.0.${(addresses += 1)}`
      for (let n = 0; n < 40; n++) assert.equal((await from(address, path)).status, limited)
      const { status, retryAfter } = await from(address, path)
      assert.equal(status, 429)
      assert.ok(retryAfter >= 1)
      assert.equal((await from('10.2.0.1', path)).status, limited)
    })

  it('do not count probes, which come from an address that is used up', async () => {
    for (let n = 0; n < 41; n++) await from('10.1.1.1', '/nowhere')
    assert.equal((await from('10.1.1.1', '/nowhere')).status, 429)
    for (const path of ['/health/live', '/health/ready'])
      for (let n = 0; n < 50; n++) assert.equal((await from('10.1.1.1', path)).status, 200)
  })

  it('do not count links that hold, and requests with a key', async () => {
    const { url } = await uploaded(api)
    for (let n = 0; n < 60; n++) {
      assert.equal((await from('10.3.0.1', url)).status, 200)
      assert.equal((await from('10.3.0.1', '/v1/models', bearer(api.anna.token))).status, 200)
    }
    assert.equal((await from('10.3.0.1', '/openapi.json')).status, 200)
  })

  it('count an IPv6 network as one', () => {
    assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
    assert.equal(networkOf('2001:0db8:1:2::ffff'), '2001:db8:1:2::/64')
    assert.equal(networkOf('2001:db8::1'), '2001:db8:0:0::/64')
    assert.equal(networkOf('::1'), '0:0:0:0::/64')
    assert.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0::/64')
    assert.equal(networkOf('::ffff:10.0.0.1'), '10.0.0.1')
    assert.equal(networkOf('10.0.0.1'), '10.0.0.1')
  })
})

describe('handshakes of Socket.IO', () => {
  const handshake = (from: string, more = '') =>
    fetch(`${url}/socket.io/?EIO=4&transport=polling${more}`, { headers: { 'x-forwarded-for': from } })
  const signedIn = async (address: string): Promise<Socket> => {
    const socket = io(url, {
      auth: { token: api.anna.token },
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      extraHeaders: { 'x-forwarded-for': address },
    })
    cleanUp(() => socket.close())
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('connect_error', reject)
    })
    return socket
  }
  const openConnections = async () => {
    const { body } = await from('10.6.9.9', '/metrics', bearer(api.admin.token))
    return Number(/^atelier_sockets (\d+)/m.exec(body)![1])
  }

  it('count as requests without a key, unless they sign in', async () => {
    const answers = []
    for (let n = 0; n < 60; n++) answers.push(await handshake('10.6.0.1', n % 2 ? '' : '&sid=x'))
    const refused = answers.filter(({ status }) => status === 429)
    assert.equal(refused.length, 20)
    assert.ok(Number(refused[0]!.headers.get('retry-after')) >= 1)
    assert.equal(((await refused[0]!.json()) as ErrorBody).error.code, 'rate_limited')
    for (let n = 0; n < 60; n++) (await signedIn('10.6.0.2')).close()
  })

  it('leave at most 500 connections that have not signed in, each for 10 seconds', async () => {
    for (let n = 0; n < 600; n++) assert.equal((await handshake(`10.7.${n % 20}.1`)).status, 200)
    const most = await openConnections()
    assert.ok(most <= 500, `${most} are open`)
    await eventually('they are closed', async () => (await openConnections()) === 0, 20_000)
  })

  it('end with what they have signed in to', async () => {
    const socket = await signedIn('10.6.0.3')
    let closed = false
    socket.io.engine.once('close', () => (closed = true))
    // as `disconnect` of the client does before it closes the connection, which a client need not do
    const raw = socket.io as unknown as { _packet(packet: { type: number; nsp: string }): void }
    raw._packet({ type: disconnectPacket, nsp: '/' })
    await eventually('the connection is closed', () => closed)
  })
})

describe('readiness', () => {
  it('is looked at once a second, however many ask', async () => {
    await new Promise((resolve) => setTimeout(resolve, 1100))
    checked = 0
    const start = performance.now()
    const all = await Promise.all(Array.from({ length: 200 }, (_, n) => from(`10.4.0.${n}`, '/health/ready')))
    assert.ok(all.every(({ status }) => status === 200))
    const most = 1 + Math.floor((performance.now() - start) / 1000)
    assert.ok(checked >= 1 && checked <= most, `${checked} times`)
    const before = checked
    await new Promise((resolve) => setTimeout(resolve, 1100))
    await from('10.4.1.1', '/health/ready')
    assert.equal(checked, before + 1)
  })
})

describe('metrics', () => {
  it('need a key with the scope admin', async () => {
    const status = async (headers: Record<string, string>) => (await from('10.5.0.1', '/metrics', headers)).status
    assert.deepEqual(
      [await status({}), await status(bearer(api.anna.token)), await status(bearer(api.admin.token))],
      [401, 403, 200],
    )
  })

  it('need none at a port of their own, which has nothing else', async () => {
    const at = (path: string) => fetch(`http://127.0.0.1:${metricsPort}${path}`)
    const answer = await at('/metrics')
    assert.equal(answer.status, 200)
    assert.match(await answer.text(), /^atelier_http_request_duration_seconds_count\{/m)
    for (const path of ['/', '/v1/models', '/health/live', '/metrics/x']) assert.equal((await at(path)).status, 404)
  })
})
