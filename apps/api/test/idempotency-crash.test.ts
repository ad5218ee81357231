import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { multipart, png, startTestApi, uploaded, type TestApi } from './support/test-api.js'

let api: TestApi
/** True: a request dies after it created something and before its answer is kept. */
let dying = false
/** Milliseconds that the transaction of a new session is held up. */
let slowMs = 0
beforeAll(async () => {
  api = await startTestApi((d) => ({
    ...d,
    settings: { ...d.settings, reuseUploads: false },
    database: {
      ...d.database,
      forOwner: (id) => {
        const owner = d.database.forOwner(id)
        const { finish, release } = owner.idempotency
        const unlessDying =
          <A extends unknown[]>(act: (...args: A) => Promise<void>) =>
          async (...args: A) =>
            dying ? undefined : act(...args)
        const create: typeof owner.sessions.create = async (input) => {
          await new Promise((resolve) => {
            setTimeout(resolve, slowMs)
          })
          return owner.sessions.create(input)
        }
        return {
          ...owner,
          sessions: { ...owner.sessions, create },
          idempotency: { ...owner.idempotency, finish: unlessDying(finish), release: unlessDying(release) },
        }
      },
    },
  }))
})
afterAll(() => api.close())

interface Answer {
  status: number
  body: any
  headers: Record<string, unknown>
}
type Ask = (headers: Record<string, string>) => Promise<Answer>

const post =
  (url: string, body?: object, as = api.anna): Ask =>
  (headers) =>
    api.send('POST', url, { as, headers, ...(body && { body }) })
const ended = async () => {
  const url = `/v1/sessions/${await api.session()}/turns`
  const { turn, generations } = (await api.send('POST', url, { body: { instruction: 'x', images: [] } })).body
  await api.finish(generations[0].id)
  return { session: turn.sessionId as string, turn: turn.id as string, generation: generations[0].id as string }
}

/** Every request that creates something, by its route. */
const creations: Record<string, () => Promise<Ask>> = {
  'POST /v1/sessions': async () => post('/v1/sessions', { title: 'once' }),
  'POST /v1/sessions/:id/turns': async () =>
    post(`/v1/sessions/${await api.session()}/turns`, { instruction: 'x', images: [] }),
  'POST /v1/sessions/import': async () => {
    const { session } = await ended()
    const zip = (await api.app.inject({ url: `/v1/sessions/${session}/export`, headers: api.anna.headers })).rawPayload
    const { payload, headers } = multipart(zip)
    return async (more) => {
      const all = { ...api.anna.headers, ...headers, ...more }
      const answer = await api.app.inject({ method: 'POST', url: '/v1/sessions/import', payload, headers: all })
      return { status: answer.statusCode, body: JSON.parse(answer.body), headers: answer.headers }
    }
  },
  'POST /v1/sessions/:id/fork': async () => {
    const { session, turn } = await ended()
    return post(`/v1/sessions/${session}/fork`, { turnId: turn })
  },
  'POST /v1/images': async () => {
    const file = await png(30, 30, '#123')
    return (headers) => api.upload(file, { headers })
  },
  'POST /v1/images (mask)': async () => {
    const file = await png(30, 30, '#fff')
    return (headers) => api.upload(file, { purpose: 'mask', headers })
  },
  'POST /v1/images/:id/outpaint': async () => post(`/v1/images/${(await uploaded(api)).id}/outpaint`, { top: 0.5 }),
  'POST /v1/generations/:id/retry': async () => post(`/v1/generations/${(await ended()).generation}/retry`),
  'POST /v1/generations/:id/reproduce': async () => post(`/v1/generations/${(await ended()).generation}/reproduce`),
  'POST /v1/admin/generations/:id/retry': async () =>
    post(`/v1/admin/generations/${(await ended()).generation}/retry`, undefined, api.admin),
}

const idOf = ({ id, turn, image }: any): string => id ?? turn?.id ?? image?.id

describe('a repeat after the API died before it kept the answer', () => {
  for (const [route, prepare] of Object.entries(creations)) {
    it(`finds what ${route} created, and creates nothing`, async () => {
      const ask = await prepare()
      const headers = { 'idempotency-key': `crash ${route}`.replaceAll(/[^\w]/g, '-') }
      dying = true
      const first = await ask(headers).finally(() => {
        dying = false
      })
      assert.ok(first.status < 300, JSON.stringify(first.body))
      const before = await api.count()
      const repeat = await ask(headers)
      assert.deepEqual(
        [repeat.status, idOf(repeat.body)],
        [first.status, idOf(first.body)],
        JSON.stringify(repeat.body),
      )
      assert.equal(repeat.headers['idempotent-replayed'], 'true')
      assert.deepEqual(await api.count(), before)
      assert.deepEqual(idOf((await ask(headers)).body), idOf(first.body))
    })
  }

  it('is tried for every route that takes a key', async () => {
    const { paths } = (await api.send('GET', '/openapi.json', { as: null })).body
    const taking = Object.entries<Record<string, { parameters?: { $ref?: string }[] }>>(paths).flatMap(
      ([path, methods]) =>
        Object.entries(methods).flatMap(([method, { parameters = [] }]) =>
          parameters.some(({ $ref }) => $ref?.endsWith('/IdempotencyKey'))
            ? [`${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`]
            : [],
        ),
    )
    const tried = new Set(Object.keys(creations).map((name) => name.replace(/ \(.*/, '')))
    assert.deepEqual([...tried].sort(), taking.sort())
  })
})

describe('a repeat while the first request runs', () => {
  it('waits for its answer', async () => {
    slowMs = 800
    const headers = { 'idempotency-key': 'slow' }
    const answers = await Promise.all(Array.from({ length: 5 }, () => post('/v1/sessions')(headers)))
    slowMs = 0
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 201, 201, 201, 201],
    )
    assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1)
  })

  it('that died is told when to come again, and then creates', async () => {
    const headers = { 'idempotency-key': 'dead' }
    const first = await post('/v1/sessions')(headers)
    // as if the process had died right after it claimed the key
    await api.sql(
      `UPDATE idempotency_keys SET finished_at = NULL, status = NULL, body = NULL, resource_id = NULL WHERE key = 'dead'`,
    )
    const refused = await post('/v1/sessions')(headers)
    assert.deepEqual([refused.status, refused.body.error.code], [409, 'still_running'])
    const seconds = Number(refused.headers['retry-after'])
    assert.ok(seconds >= 1 && seconds <= 20, `Retry-After: ${seconds}`)
    await api.sql(`UPDATE idempotency_keys SET created_at = now() - interval '21 seconds' WHERE key = 'dead'`)
    const second = await post('/v1/sessions')(headers)
    assert.equal(second.status, 201)
    assert.notEqual(second.body.id, first.body.id)
  })
})
