import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { eventually } from '@atelier/testing'
import { pino } from 'pino'
import { io } from 'socket.io-client'
import { answerParserError } from '../../src/plugins/protocol.js'
import { errorOf, sendRaw } from '../support/raw-http.js'
import { multipart, startTestApi, type TestApi } from '../support/test-api.js'

let api: TestApi
let url: string
let auth: string
const log: { level: number; msg: string }[] = []

beforeAll(async () => {
  const write = (line: string) => void log.push(JSON.parse(line) as (typeof log)[number])
  api = await startTestApi((d) => ({ ...d, logger: pino({ level: 'info' }, { write }) }))
  url = await api.listen()
  auth = `Host: x\r\nAuthorization: Bearer ${api.anna.token}\r\n`
})
afterAll(() => api.close())

describe('what is no request is answered like every error', () => {
  it.each([
    ['garbage', 'not http at all\r\n\r\n', 400, 'invalid_request'],
    ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'invalid_request'],
    ['HTTP/2 with prior knowledge', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'invalid_request'],
    ['an unknown version', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 400, 'invalid_request'],
    ['no Host', 'GET /health/live HTTP/1.1\r\n\r\n', 400, 'invalid_request'],
    ['NUL in a header', 'GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n', 400, 'invalid_request'],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      400,
      'invalid_request',
    ],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'invalid_request',
    ],
    ['a negative length', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 400, 'invalid_request'],
    ['an address that cannot be decoded', 'GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'invalid_request'],
    ['an address that is too long', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, 'headers_too_large'],
    [
      'headers that are too long',
      `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
    [
      'another expectation',
      'POST / HTTP/1.1\r\nHost: x\r\nExpect: 200-maybe\r\nContent-Length: 1\r\n\r\n',
      417,
      'expectation_failed',
    ],
    ['CONNECT', 'CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n', 405, 'method_not_allowed'],
    ['an odd method', 'PROPFIND /v1/sessions HTTP/1.1\r\nHost: x\r\n\r\n', 405, 'method_not_allowed'],
    ['TRACE', 'TRACE /v1/sessions HTTP/1.1\r\nHost: x\r\n\r\n', 405, 'method_not_allowed'],
  ])('%s', async (_, bytes, status, code) => {
    const answer = await sendRaw(url, Buffer.from(bytes, 'latin1'))
    assert.deepEqual([answer.status, errorOf(answer).code], [status, code])
    if (status === 405) assert.ok(answer.headers['allow'])
  })

  it('headers that never end', async () => {
    const server = createServer({ headersTimeout: 100, connectionsCheckingInterval: 50 })
    server.on('clientError', answerParserError)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const answer = await sendRaw(`http://127.0.0.1:${port}`, 'GET / HTTP/1.1\r\nHost: x\r\n')
    assert.deepEqual([answer.status, errorOf(answer).code], [408, 'request_timeout'])
    server.close()
  })
})

describe('methods', () => {
  it('that an address does not take are refused with those that it takes', async () => {
    for (const [method, path, allow] of [
      ['PUT', '/v1/sessions', 'GET, HEAD, OPTIONS, POST'],
      ['POST', '/v1/models', 'GET, HEAD, OPTIONS'],
      ['GET', '/v1/generations/gen_0000000000000000/cancel', 'OPTIONS, POST'],
      ['DELETE', '/health/live?x=1', 'GET, HEAD, OPTIONS'],
      ['PUT', '/v1/sessions/%00', 'DELETE, GET, HEAD, OPTIONS, PATCH'],
    ] as const) {
      const { status, body, headers } = await api.send(method as 'PUT', path)
      assert.deepEqual([status, body.error.code, headers['allow']], [405, 'method_not_allowed', allow], path)
    }
    assert.equal((await api.send('PUT', '/v1/nowhere')).status, 404)
  })

  it('are what OPTIONS asks for, with or without an origin', async () => {
    for (const headers of [undefined, { origin: 'http://friend.example' }, { origin: 'http://stranger.example' }]) {
      const answer = await api.send('OPTIONS', '/v1/sessions', { as: null, ...(headers && { headers }) })
      assert.deepEqual([answer.status, answer.headers['allow']], [204, 'GET, HEAD, OPTIONS, POST'])
    }
    const preflight = await api.send('OPTIONS', '/v1/sessions/ses_0000000000000000', {
      as: null,
      headers: { origin: 'http://friend.example', 'access-control-request-method': 'DELETE' },
    })
    assert.equal(preflight.headers['access-control-allow-origin'], 'http://friend.example')
    assert.match(String(preflight.headers['access-control-allow-methods']), /DELETE/)
    assert.equal((await sendRaw(url, 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n')).status, 204)
  })
})

describe('a request that asks for another protocol', () => {
  const h2c = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n'

  it('is served as if it had not asked', async () => {
    const answer = await sendRaw(url, `GET /health/live HTTP/1.1\r\nHost: x\r\n${h2c}\r\n`)
    assert.deepEqual([answer.status, answer.body], [200, '{"status":"ok"}'])
    const path = await sendRaw(
      url,
      `GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    )
    assert.deepEqual([path.status, errorOf(path).code], [404, 'not_found'])
  })

  it('with its body, whole or in chunks, as Java and curl send it', async () => {
    const body = JSON.stringify({ title: 'Grüße' })
    const length = Buffer.byteLength(body)
    const post = `POST /v1/sessions HTTP/1.1\r\n${auth}Content-Type: application/json\r\n${h2c}`
    const chunked = `Transfer-Encoding: chunked\r\n\r\n${length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
    for (const rest of [`Content-Length: ${length}\r\n\r\n${body}`, chunked]) {
      const answer = await sendRaw(url, post + rest)
      assert.equal(answer.status, 201, answer.body)
      assert.match(Buffer.from(answer.body, 'latin1').toString(), /"title":"Grüße"/)
    }
  })

  it('with a body that comes later', async () => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.write(
      `POST /v1/sessions HTTP/1.1\r\n${auth}Content-Type: application/json\r\n${h2c}Content-Length: 2\r\n\r\n`,
    )
    await sleep(100)
    socket.write('{}')
    const [data] = (await once(socket, 'data')) as [Buffer]
    assert.match(data.toString(), /^HTTP\/1.1 201/)
    // and the connection goes on
    socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n')
    const [next] = (await once(socket, 'data')) as [Buffer]
    assert.match(next.toString(), /^HTTP\/1.1 200/)
    socket.destroy()
  })
})

describe('a handshake of Socket.IO that is none', () => {
  const socket = (query: string, more = '') => `GET /socket.io/?${query} HTTP/1.1\r\nHost: x\r\n${more}\r\n`
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'
  const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n'
  it.each([
    ['no transport', socket('')],
    ['an unknown transport', socket('EIO=4&transport=pigeon')],
    ['an old protocol', socket('EIO=2&transport=polling')],
    ['an unknown connection', socket('EIO=4&transport=polling&sid=__proto__')],
    [
      'POST without connection',
      'POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
    ],
    ['a WebSocket without upgrade', socket('EIO=4&transport=websocket')],
    ['an upgrade without key', socket('EIO=4&transport=websocket', upgrade)],
    [
      'an upgrade with a bad key',
      socket('EIO=4&transport=websocket', `${upgrade}Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n`),
    ],
    [
      'an upgrade with an old version',
      socket(
        'EIO=4&transport=websocket',
        `${upgrade}Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 1\r\n`,
      ),
    ],
    ['an upgrade to no transport', socket('EIO=4', upgrade + key)],
    ['an upgrade of an unknown connection', socket('EIO=4&transport=websocket&sid=x', upgrade + key)],
    ['another protocol', socket('EIO=4&transport=websocket', 'Connection: Upgrade\r\nUpgrade: h2c\r\n')],
  ])('%s', async (_, bytes) => {
    const answer = await sendRaw(url, bytes)
    assert.deepEqual([answer.status, errorOf(answer).code], [400, 'invalid_request'])
  })

  it('leaves those alone that are one', async () => {
    for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
      const client = io(url, { auth: { token: api.anna.token }, transports, forceNew: true })
      await once(client as never, 'connect')
      client.close()
    }
  })
})

describe('a client that goes away', () => {
  it('in the middle of what it sends is no fault of the server', async () => {
    const { payload, headers } = multipart(Buffer.alloc(200_000))
    const type = `Content-Type: ${headers['content-type']}\r\n`
    const requests = [
      `POST /v1/sessions HTTP/1.1\r\n${auth}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"title":`,
      `POST /v1/images HTTP/1.1\r\n${auth}${type}Content-Length: ${payload.length}\r\n\r\n${payload.subarray(0, 50_000).toString('latin1')}`,
      `POST /v1/sessions/import HTTP/1.1\r\n${auth}${type}Content-Length: ${payload.length}\r\n\r\n${payload.subarray(0, 50_000).toString('latin1')}`,
      `GET /v1/sessions/${await api.session()}/events HTTP/1.1\r\n${auth}\r\n`,
      `GET /docs/static/swagger-ui-bundle.js HTTP/1.1\r\n${auth}\r\n`,
    ]
    const before = log.length
    for (const end of ['destroy', 'resetAndDestroy', 'end'] as const) {
      for (const bytes of requests) {
        const { hostname, port } = new URL(url)
        const socket = connect(Number(port), hostname)
        socket.on('error', () => {})
        await once(socket, 'connect')
        socket.write(Buffer.from(bytes, 'latin1'))
        await sleep(50)
        socket[end]()
      }
    }
    await eventually('the log says so', () => log.slice(before).some(({ msg }) => msg === 'the client went away'))
    await sleep(500)
    assert.deepEqual(
      log.slice(before).filter(({ level }) => level >= 40),
      [],
    )
  })
})
