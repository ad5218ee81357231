import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { errorBodySchema, errorTable } from '@atelier/contracts'
import { toAtelierError } from '../src/errors.js'
import { startTestApi, type TestApi } from './support/test-api.js'

let api: TestApi
beforeAll(async () => {
  api = await startTestApi((d) => ({
    ...d,
    settings: { ...d.settings, limits: { ...d.settings.limits, requestsPerMinute: 30 } },
  }))
})
afterAll(() => api.close())

it('docs/errors.md has exactly the rows of the table', async () => {
  const page = await readFile(new URL('../../../../docs/errors.md', import.meta.url), 'utf8')
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')))
  assert.deepEqual(
    rows,
    Object.entries(errorTable).map(([code, { status, when, next }]) => [`\`${code}\``, String(status), when, next]),
  )
})

describe('every mistake is answered with the envelope', () => {
  const told = async (options: object, code: string, status: number) => {
    const answer = (await api.app.inject({ headers: api.anna.headers, ...options } as never)) as unknown as {
      statusCode: number
      json(): unknown
      headers: Record<string, string>
    }
    const { error } = errorBodySchema.parse(answer.json())
    assert.deepEqual([error.code, answer.statusCode], [code, status])
    assert.equal(answer.headers['x-request-id'], error.requestId)
    return error
  }
  const json = { ...({} as object), 'content-type': 'application/json' }
  const post = (payload: string | Buffer, headers: object = json) => ({
    method: 'POST',
    url: '/v1/sessions',
    payload,
    headers: { ...api.anna.headers, ...headers },
  })

  it('whatever Fastify says', async () => {
    await told({ url: '/nowhere' }, 'not_found', 404)
    await told({ url: '/v1/nowhere' }, 'not_found', 404)
    await told({ method: 'PUT', url: '/v1/sessions' }, 'method_not_allowed', 405)
    await told({ url: '/%zz' }, 'invalid_request', 400)
    await told(post('{"title"'), 'invalid_request', 400)
    await told(post('', json), 'invalid_request', 400)
    await told(post('<a/>', { 'content-type': 'application/xml' }), 'unsupported_media_type', 415)
    await told(post(JSON.stringify({ title: 'x'.repeat(300_000) })), 'payload_too_large', 413)
  })

  it('with details that name the fields', async () => {
    const { details, message } = await told(post(JSON.stringify({ title: 5 })), 'invalid_request', 400)
    assert.deepEqual(
      (details as { path: string }[]).map(({ path }) => path),
      ['title'],
    )
    assert.match(message, /details/)
  })

  it('with the id that a proxy gave', async () => {
    assert.equal(
      (await told({ url: '/nowhere', headers: { 'x-request-id': 'proxy-1234567' } }, 'not_found', 404)).requestId,
      'proxy-1234567',
    )
    assert.match(
      (await told({ url: '/nowhere', headers: { 'x-request-id': '<script>alert(1)' } }, 'not_found', 404)).requestId,
      /^req_/,
    )
  })

  it('without words of the inside', () => {
    const secret = toAtelierError(new Error('password hunter2 at 10.0.0.7'))
    assert.deepEqual([secret.code, /hunter2/.test(secret.message), secret.details], ['internal', false, undefined])
    assert.equal(toAtelierError(Object.assign(new Error('x'), { cause: { code: 'ECONNRESET' } })).code, 'unavailable')
    assert.equal(toAtelierError(null).code, 'internal')
  })

  it('when a key sends too much', async () => {
    const answers = await Promise.all(Array.from({ length: 31 }, () => api.send('GET', '/v1/models', { as: api.ben })))
    const refused = answers.filter(({ status }) => status === 429)
    assert.equal(refused.length, 1)
    assert.equal(refused[0]!.body.error.code, 'rate_limited')
    assert.ok(Number(refused[0]!.headers['retry-after']) > 0)
    assert.equal((await api.send('GET', '/health/live', { as: null })).status, 200)
    assert.equal((await api.send('GET', '/v1/models', { as: api.admin })).status, 200)
  })
})
