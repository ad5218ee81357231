import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { errorBodySchema } from '@atelier/contracts'
import { withTimeout } from '@atelier/service'
import { seededRandom } from '@atelier/testing'
import type { InjectOptions } from 'fastify'
import { pino } from 'pino'
import { HostileMaker, hostileTexts, hostileValues, type Schema } from '../support/hostile.js'
import { makeZip, readZip } from '../support/read-zip.js'
import { richSession } from '../support/rich-session.js'
import { multipart, png, startTestApi, type TestApi } from '../support/test-api.js'

/** Requests for each route; `ATELIER_HOSTILE_REQUESTS` for a longer walk. */
const requestsPerRoute = Number(process.env['ATELIER_HOSTILE_REQUESTS'] ?? 15)
const seed = Number(process.env['ATELIER_HOSTILE_SEED'] ?? Date.now() % 2 ** 32)

interface Operation {
  tags?: string[]
  parameters?: { name: string; in: string; schema?: Schema }[]
  requestBody?: { content: Record<string, { schema?: Schema }> }
}
interface Document {
  paths: Record<string, Record<string, Operation>>
  components?: { schemas?: Record<string, Schema> }
}

let api: TestApi
let make: HostileMaker
let operations: { method: string; path: string; operation: Operation }[]
const failures: string[] = []
const prefixes: Record<string, string> = {
  sessions: 'ses',
  images: 'img',
  turns: 'trn',
  generations: 'gen',
  keys: 'key',
}

beforeAll(async () => {
  console.info(`hostile-input: ATELIER_HOSTILE_SEED=${seed}`)
  const write = (line: string) => {
    const { msg, err } = JSON.parse(line) as { msg: string; err?: { message: string } }
    if (msg.includes('failed')) failures.push(`${msg}: ${err?.message}`)
  }
  api = await startTestApi((d) => ({ ...d, logger: pino({ level: 'error' }, { write }) }))
  await refill()
})
afterAll(() => api.close())

/** Works as long as a call of the OpenAI door waits for its pictures. @returns what ends it */
function playWorker(): () => Promise<void> {
  const finishAll = async () => {
    // the newest first: they are those that the call waits for, whatever the walk has left before
    const queued = await api.sql<{ id: string }>(
      `SELECT id FROM generations WHERE status = 'queued' ORDER BY created_at DESC, id LIMIT 20`,
    )
    for (const { id } of queued) await api.finish(id).catch(() => {})
  }
  let working = Promise.resolve()
  const timer = setInterval(() => {
    working = working.then(finishAll).catch(() => {})
  }, 200)
  return async () => {
    clearInterval(timer)
    await working
  }
}

/** Real things for the walk to meet; what it deletes is made again. */
async function refill(): Promise<void> {
  const { id, turns, photoId, maskId, firstId } = await richSession(api)
  const document = api.app.swagger() as unknown as Document
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
  const { body } = await api.send('GET', `/v1/sessions/${id}`)
  const gen = (body.turns as { generations: { id: string }[] }[]).flatMap((turn) => turn.generations.map((g) => g.id))
  const ids = {
    ses: [id],
    trn: Object.values(turns).map((turn) => turn.id),
    img: [photoId, maskId, firstId],
    gen,
    own: [api.anna.ownerId],
  }
  const random = seededRandom(seed)
  make = new HostileMaker(random, ids, (ref) => document.components?.schemas?.[ref.split('/').at(-1)!])
}

/**
 * The rest of a request line: half of the walk goes to real things, half to hostile addresses.
 *
 * @param plain - a real thing, and nothing besides
 */
function addressOf({ path, operation }: (typeof operations)[number], plain: boolean): string {
  const kind = path.split('/').find((part) => prefixes[part])
  const filled = path.replaceAll(/\{[^}]+\}|\*/g, () => encode(make.id(prefixes[kind ?? ''] ?? 'ses', plain ? 0 : 0.4)))
  if (plain) return filled
  const query = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query')
  const pairs = query
    .filter(() => make.chance(0.5))
    .map(({ name, schema }) => [name, String(make.value(schema ?? {}, 0.5))] as const)
  if (make.chance(0.1)) pairs.push([make.text(), make.text()])
  return filled + (pairs.length ? `?${pairs.map((pair) => pair.map(encode).join('=')).join('&')}` : '')
}

/** Percent-encodes; half a surrogate pair as the bytes that it would have. */
function encode(text: string): string {
  if (make.chance(0.05)) return text.replaceAll(/[^!-~]/g, '%FF')
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, 'SURROGATE')).replaceAll('SURROGATE', '%ED%A0%80')
}

function headersOf(): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of ['idempotency-key', 'last-event-id', 'x-request-id', 'range', 'if-none-match', 'accept', 'cookie'])
    if (make.chance(0.1)) headers[name] = make.text().replaceAll(/[^ -~]/g, '?')
  if (make.chance(0.03)) headers['authorization'] = `Bearer ${make.text().replaceAll(/[^ -~]/g, '?')}`
  return headers
}

/** The body of a request, and its type. */
async function bodyOf({ operation }: (typeof operations)[number]): Promise<Pick<InjectOptions, 'payload' | 'headers'>> {
  const types = Object.entries(operation.requestBody?.content ?? {})
  const isUpload = types.some(([type]) => type === 'multipart/form-data')
  if (make.chance(0.1)) return { payload: make.text(), headers: { 'content-type': make.pick(contentTypes) } }
  if (isUpload && make.chance(0.8)) return hostileUpload()
  const schema = types.find(([type]) => type === 'application/json')?.[1].schema
  if (!schema && make.chance(0.7)) return {}
  const value = make.value(schema ?? {}, make.pick([0, 0.05, 0.2, 0.6]))
  return { payload: JSON.stringify(value), headers: { 'content-type': 'application/json' } }
}

const contentTypes = [
  'application/json',
  'application/json; charset=utf-16',
  'application/x-www-form-urlencoded',
  'text/plain',
  'application/octet-stream',
  'multipart/form-data',
  'multipart/form-data; boundary=',
  `multipart/form-data; boundary=${'b'.repeat(300)}`,
  'multipart/mixed; boundary=x',
  'nonsense',
  ';',
]

async function hostileUpload(): Promise<Pick<InjectOptions, 'payload' | 'headers'>> {
  const file = make.chance(0.5) ? await png(8, 8) : Buffer.from(make.text())
  const fields = make.chance(0.5) ? { [make.pick(['purpose', 'file', make.text()])]: make.text() } : {}
  const { payload, headers } = multipart(file, fields)
  const cut = make.chance(0.3) ? payload.subarray(0, Math.floor(make.share() * payload.length)) : payload
  return { payload: cut, headers: make.chance(0.2) ? { 'content-type': make.pick(contentTypes) } : headers }
}

/** Sends a request and checks what every answer must be. @param envelope - false for Bull Board, which has errors of its own */
async function attack(request: InjectOptions, { envelope = true } = {}): Promise<number> {
  const described = () => JSON.stringify({ ...request, payload: String(request.payload).slice(0, 2000) })
  // what is asked for, once `..` has been followed
  const atDoor = new URL(String(request.url), 'http://localhost').pathname.startsWith('/openai/')
  const stop = atDoor ? playWorker() : undefined
  const answer = await withTimeout(20_000, api.app.inject(request)).catch((error: unknown) => {
    throw new Error(described(), { cause: error })
  })
  await stop?.()
  if (answer.statusCode >= 500)
    assert.fail(`${answer.statusCode} (${failures.splice(0).join('; ')}) to ${described()}: ${answer.body}`)
  if (answer.statusCode >= 400 && atDoor) {
    // the envelope of that door
    const { error } = JSON.parse(answer.body) as { error: Record<string, unknown> }
    assert.deepEqual(Object.keys(error).sort(), ['code', 'message', 'param', 'type'], answer.body)
    assert.match(String(answer.headers['x-request-id']), /^[\w.-]{8,100}$/)
  } else if (answer.statusCode >= 400 && envelope) {
    const parsed = errorBodySchema.safeParse(JSON.parse(answer.body || 'null'))
    assert.ok(parsed.success, `${answer.statusCode} without the envelope to ${described()}: ${answer.body}`)
    assert.equal(answer.headers['x-request-id'], parsed.data.error.requestId)
  }
  return answer.statusCode
}

describe('no input', () => {
  it('to any route makes the server fail', async () => {
    const seen = new Map<number, number>()
    for (const target of operations) {
      // an event stream does not end: the next test
      if (target.path.endsWith('/events') || target.path.startsWith('/docs')) continue
      for (let n = 0; n < requestsPerRoute; n += 1) {
        // whatever the seed, some get through
        const plain = n === 1
        const { payload, headers } = plain || target.method === 'GET' ? {} : await bodyOf(target)
        const status = await attack({
          method: target.method as 'GET',
          url: addressOf(target, plain),
          headers: { ...api.admin.headers, ...(n % 3 && api.anna.headers), ...headers, ...(!plain && headersOf()) },
          ...(payload !== undefined && { payload }),
        })
        seen.set(status, (seen.get(status) ?? 0) + 1)
        if (target.method === 'DELETE' && status < 300) await refill()
      }
    }
    // the walk must also have got through
    for (const status of [200, 201, 202, 400, 404, 415]) assert.ok(seen.get(status), `no ${status} in ${[...seen]}`)
  }, 1_200_000)

  it('to the event stream makes the server fail', async () => {
    const url = await api.listen()
    const session = await api.session()
    const path = `${url}/v1/sessions/${session}/events`
    for (const text of [...hostileTexts, ...hostileValues.map(String)]) {
      for (const [query, headers] of [
        [`?afterSeq=${encode(text)}`, {}],
        ['', { 'last-event-id': text.replaceAll(/[^ -~]/g, '?').trim() }],
      ] as const) {
        const abort = new AbortController()
        const answer = await fetch(path + query, {
          headers: { ...api.anna.headers, ...headers },
          signal: abort.signal,
        })
        if (answer.status !== 200) {
          assert.equal(answer.status, 400, JSON.stringify([text, headers]))
          errorBodySchema.parse(await answer.json())
        }
        abort.abort()
      }
    }
  })

  it('in the cursor of any list makes the server fail', async () => {
    for (const list of ['/v1/sessions', '/v1/admin/keys', '/v1/admin/generations'])
      for (const text of hostileTexts) {
        const answer = await attack({ url: `${list}?cursor=${encode(text)}`, headers: api.admin.headers })
        assert.equal(answer, 400, JSON.stringify(text))
      }
  })

  it('to the pages, the documents and the board makes the server fail', async () => {
    const paths = ['/', '/admin', '/sessions/X', '/openapi.json', '/docs/X', '/docs/static/X', '/objects/X', '/metrics']
    const board = [
      '/X',
      '/api/queues',
      '/api/queues/X',
      '/api/queues/X/X',
      '/api/queues/generations/X/logs',
      '/static/X',
    ]
    for (const path of [...paths, ...board.map((rest) => `/admin/queues${rest}`)])
      for (const text of path.includes('X') ? hostileTexts : ['']) {
        const url = `${path.replaceAll('X', () => encode(text))}?${encode(text)}=${encode(text)}`
        await attack({ url, headers: api.admin.headers }, { envelope: !path.startsWith('/admin/queues') })
      }
    for (const method of ['PUT', 'PATCH', 'POST', 'DELETE'] as const)
      for (const text of hostileTexts)
        for (const rest of [`/${encode(text)}/pause`, `/generations/${encode(text)}/retry`, '/generations/add'])
          await attack(
            {
              method,
              url: `/admin/queues/api/queues${rest}`,
              payload: JSON.stringify({ name: text, data: text, options: text }),
              headers: { ...api.admin.headers, 'content-type': 'application/json' },
            },
            { envelope: false },
          )
  })

  it('in the record of an archive makes the server fail', async () => {
    const { id } = await richSession(api)
    const exported = await api.app.inject({ url: `/v1/sessions/${id}/export`, headers: api.anna.headers })
    const files = await readZip(exported.rawPayload)
    const record = files.get('session.json')!.toString()
    const send = async (text: string) => {
      const { payload, headers } = multipart(await makeZip(files.set('session.json', Buffer.from(text))))
      const url = '/v1/sessions/import'
      return attack({ method: 'POST', url, payload, headers: { ...headers, ...api.anna.headers } })
    }
    assert.equal(await send(record), 201)
    for (const key of ['\\u0000', '\\ud800', 'x\\udc00y'])
      assert.equal(await send(record.replace('"totalMs"', `"${key}"`)), 400, key)
    const places = [...record.matchAll(/"[^"\\]*"|(?<=[:,[])-?\d[\d.]*|null|true|false/g)]
    for (let n = 0; n < requestsPerRoute * 5; n += 1) {
      const { 0: old, index } = make.pick(places)
      const value = JSON.stringify(make.chance(0.5) ? make.text() : make.pick(hostileValues))
      await send(record.slice(0, index) + value + record.slice(index + old.length))
    }
  })
})
