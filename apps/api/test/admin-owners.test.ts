import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { newId, type AdminAction, type AdminSession, type AdminWebhook, type Owner } from '@atelier/contracts'
import { keepHouse } from '../src/housekeeping.js'
import { claimed, queued } from './support/admin-parts.js'
import { startTestApi, uploaded, type TestApi } from './support/test-api.js'

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.close())

const as = () => ({ as: api.admin })
const get = async (path: string) => {
  const { status, body } = await api.send('GET', `/v1/admin${path}`, as())
  assert.equal(status, 200, JSON.stringify(body))
  return body
}
const post = (path: string, body?: object) => api.send('POST', `/v1/admin${path}`, { ...as(), ...(body && { body }) })
const limit = (body: object, ownerId = api.anna.ownerId) =>
  api.send('PATCH', `/v1/admin/owners/${ownerId}/limits`, { ...as(), body })

describe('owners', () => {
  it('are listed with what they have, and found by name and id', async () => {
    await uploaded(api)
    await api.finish(await queued(api))
    const anna = (await get('/owners?search=aNN')).data as Owner[]
    assert.deepEqual(
      anna.map(({ name, keys, sessions, succeeded, waiting, ownLimits }) => [
        name,
        keys,
        sessions,
        succeeded,
        waiting,
        ownLimits,
      ]),
      [['Anna', 1, 1, 1, 0, []]],
    )
    assert.deepEqual(
      anna[0]!.storage.map(({ kind, images }) => [kind, images]),
      [
        ['uploaded', 1],
        ['generated', 1],
      ],
    )
    assert.ok(anna[0]!.storage.every(({ bytes }) => bytes > 0))
    assert.equal((await get(`/owners?search=${api.ben.ownerId.slice(0, 12)}`)).data[0].name, 'Ben')
    assert.deepEqual((await get('/owners?search=%25')).data, [])
    const first = await get('/owners?limit=2')
    assert.equal(first.data.length + (await get(`/owners?limit=2&cursor=${first.nextCursor}`)).data.length, 3)
    assert.deepEqual((await get('/storage')).kinds, anna[0]!.storage)
    const keys = (await get(`/keys?owner=${api.anna.ownerId}`)).data
    assert.deepEqual(
      keys.map(({ ownerId }: { ownerId: string }) => ownerId),
      [api.anna.ownerId],
    )
  })

  it('get limits of their own, which hold where limits are enforced', async () => {
    const before = (await get(`/owners/${api.anna.ownerId}`)).limits
    assert.deepEqual([before.waiting.own, before.waiting.limit], [null, before.waiting.default])
    const { body } = await limit({ waiting: 1, running: 0, sessions: 2 })
    assert.deepEqual(
      [body.limits.waiting.limit, body.limits.waiting.own, body.limits.waiting.default, body.ownLimits],
      [1, 1, before.waiting.default, ['waiting', 'running', 'sessions']],
    )
    assert.equal((await api.send('GET', '/v1/limits')).body.waiting.limit, 1)
    const session = await api.session()
    const id = await queued(api, { session })
    const turn = () => api.send('POST', `/v1/sessions/${session}/turns`, { body: { instruction: 'more' } })
    assert.equal((await turn()).body.error.code, 'queue_full')
    assert.equal((await api.send('POST', '/v1/sessions')).body.error.code, 'limit_reached')
    await assert.rejects(api.database.work.claim(id, newId('worker'), 16), { name: 'ClaimTooEarlyError' })
    // of this owner alone
    await api.session(api.ben)
    const back = await limit({ running: null, sessions: null })
    assert.deepEqual(
      [back.body.ownLimits, back.body.limits.running.limit],
      [['waiting'], back.body.limits.running.default],
    )
    assert.ok(await api.database.work.claim(id, newId('worker'), 16))
    assert.equal((await limit({ waiting: null })).body.limits.waiting.own, null)
    assert.equal((await turn()).status, 202)
  })

  it('refuses limits that are none, and owners that are not there', async () => {
    for (const body of [{ waiting: -1 }, { waiting: 1.5 }, { sockets: 3 }, { waiting: '1' }])
      assert.equal((await limit(body)).status, 400, JSON.stringify(body))
    assert.equal((await limit({ waiting: 1 }, 'own_0000000000000000')).status, 404)
    assert.equal((await api.send('GET', '/v1/admin/owners/own_0000000000000000', as())).status, 404)
  })
})

describe('a session on hold', () => {
  it('can be read, exported, forked and its generations cancelled, but not changed or deleted, not even by age', async () => {
    const id = await api.session()
    const made = await queued(api, { session: id })
    await api.finish(made)
    const running = await queued(api, { session: id })
    await claimed(api.database, running)
    const { body: held } = await post(`/sessions/${id}/hold`, { reason: 'an inquiry' })
    assert.ok(held.heldAt)
    assert.deepEqual([held.holdReason, held.ownerId], ['an inquiry', api.anna.ownerId])
    assert.deepEqual(
      (await get('/sessions?held=true')).data.map((session: AdminSession) => session.id),
      [id],
    )
    assert.equal((await get(`/owners/${api.anna.ownerId}`)).heldSessions, 1)
    const { turnId } = (await api.send('GET', `/v1/generations/${made}`)).body
    for (const [method, path, body] of [
      ['POST', `/v1/sessions/${id}/turns`, { instruction: 'more' }],
      ['PATCH', `/v1/sessions/${id}`, { title: 'x' }],
      ['DELETE', `/v1/sessions/${id}`, undefined],
      ['DELETE', `/v1/turns/${turnId}`, undefined],
      ['POST', `/v1/generations/${made}/retry`, {}],
      ['POST', `/v1/generations/${made}/reproduce`, undefined],
    ] as const) {
      const answer = await api.send(method, path, body && { body })
      assert.deepEqual([answer.status, answer.body.error?.code], [409, 'session_on_hold'], `${method} ${path}`)
    }
    assert.equal((await api.send('GET', `/v1/sessions/${id}`)).body.turns.length, 2)
    assert.equal((await api.send('GET', `/v1/sessions/${id}/export`)).status, 200)
    assert.equal((await api.send('POST', `/v1/sessions/${id}/fork`, { body: {} })).status, 201)
    assert.equal((await api.send('POST', `/v1/generations/${running}/cancel`)).status, 200)
    await api.database.work.cancelled({ id: running, attempt: 1 })
    await api.sql("UPDATE sessions SET updated_at = now() - interval '100 days' WHERE id = $1", [id])
    const deps = { database: api.database, objects: api.objects, logger: api.app.log }
    assert.equal((await keepHouse(deps, { mode: 'delete', retentionDays: 50 })).sessions, 0)
    const { body: free } = await post(`/sessions/${id}/release`)
    assert.deepEqual([free.heldAt, free.holdReason], [null, null])
    assert.equal((await keepHouse(deps, { mode: 'delete', retentionDays: 50 })).sessions, 1)
    assert.equal((await post(`/sessions/${id}/hold`)).status, 404)
  })
})

describe('webhooks of all owners', () => {
  it('show their last error, and are sent again', async () => {
    const make = async (person = api.anna) =>
      (
        await api.send('POST', '/v1/webhooks', {
          as: person,
          body: { url: 'https://example.com/x', events: ['turn.deleted'] },
        })
      ).body.id as string
    const [broken, fine] = [await make(), await make(api.ben)]
    const message = newId('delivery')
    await api.sql('UPDATE webhooks SET failing_since = now() WHERE id = $1', [broken])
    await api.sql(
      `INSERT INTO deliveries (id, webhook_id, session_id, seq, type, status, attempts, last_status, last_error, next_attempt_at)
       VALUES ($1, $2, 'ses_0000000000000000', 1, 'turn.deleted', 'failed', 11, 500, 'answers 500', NULL)`,
      [message, broken],
    )
    const failing = (await get('/webhooks?failing=true')).data as AdminWebhook[]
    assert.deepEqual(
      failing.map(({ id, ownerId, pending, failed, lastStatus, lastError }) => [
        id,
        ownerId,
        pending,
        failed,
        lastStatus,
        lastError,
      ]),
      [[broken, api.anna.ownerId, 0, 1, 500, 'answers 500']],
    )
    assert.ok(!('secret' in failing[0]!))
    assert.deepEqual(
      [
        (await get('/webhooks?failing=false')).data[0].id,
        (await get(`/webhooks?owner=${api.ben.ownerId}`)).data.length,
      ],
      [fine, 1],
    )
    assert.equal((await get(`/webhooks/${broken}/deliveries?status=failed`)).data[0].id, message)
    assert.deepEqual((await get(`/webhooks/${broken}/deliveries?status=delivered`)).data, [])
    const replayed = await post(`/webhooks/${broken}/deliveries/${message}/replay`)
    assert.deepEqual([replayed.status, replayed.body.status], [200, 'pending'])
    assert.equal((await post(`/webhooks/${fine}/deliveries/${message}/replay`)).status, 404)
    assert.equal((await api.send('GET', '/v1/admin/webhooks/whk_0000000000000000/deliveries', as())).status, 404)
  })
})

describe('the log of actions', () => {
  it('is narrowed to a key, an owner and an action', async () => {
    const made = await post('/keys', { name: 'second operator', scopes: ['admin'] })
    const second = { ...api.admin, headers: { authorization: `Bearer ${made.body.token}` } }
    await api.send('POST', '/v1/admin/queue/pause', { as: second })
    await post('/queue/resume')
    const found = async (query: string) =>
      ((await api.send('GET', `/v1/admin/actions?${query}`, as())).body.data as AdminAction[]).map(
        ({ keyId, ownerId, action }) => ({ keyId, ownerId, action }),
      )
    const own = { keyId: made.body.id, ownerId: made.body.ownerId, action: 'POST /v1/admin/queue/pause' }
    assert.deepEqual(await found(`key=${made.body.id}`), [own])
    assert.deepEqual(await found(`owner=${made.body.ownerId}&limit=5`), [own])
    const resumed = await found(`action=${encodeURIComponent('POST /v1/admin/queue/resume')}`)
    assert.deepEqual(
      resumed.map(({ action }) => action),
      ['POST /v1/admin/queue/resume'],
    )
    assert.deepEqual(await found(`key=${made.body.id}&action=nothing`), [])
    assert.equal((await api.send('GET', '/v1/admin/actions?key=own_0000000000000000', as())).status, 400)
    const exported = async (query: string) =>
      ((await api.send('GET', `/v1/admin/actions/export?${query}`, as())).body as string)
        .split('\n')
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as AdminAction).action)
    assert.deepEqual(await exported(`key=${made.body.id}`), [own.action])
    assert.deepEqual(await exported(`owner=${made.body.ownerId}&action=nothing`), [])
    assert.deepEqual(await exported(`action=${encodeURIComponent('POST /v1/admin/queue/resume')}`), [
      'POST /v1/admin/queue/resume',
    ])
    const target = (await api.send('GET', '/v1/admin/actions?limit=100', as())).body.data.find(
      (action: AdminAction) => action.target !== null,
    ).target as string
    const ofTarget = (await api.send('GET', `/v1/admin/actions?limit=100&target=${target}`, as())).body.data
    assert.equal((await exported(`target=${target}`)).length, ofTarget.length)
    assert.equal((await api.send('GET', '/v1/admin/actions/export?key=own_0000000000000000', as())).status, 400)
  })

  it('is exported whole, as lines of JSON or CSV, oldest first', async () => {
    await post('/queue/pause')
    await post('/queue/resume')
    await limit({ waiting: 7 })
    // more than are read at once
    await api.sql(`INSERT INTO admin_actions (id, created_at, owner_id, key_id, request_id, address, action, body, status)
      SELECT 'act_' || lpad(n::text, 16, '0'), '2020-01-01T00:00:00Z'::timestamptz + n / 3 * interval '1 second', 'own_0000000000000000',
        'key_0000000000000000', 'r', '::1', '=cmd', '{"a": "1,2 \\"3\\""}', 200 FROM generate_series(1, 1203) n`)
    const file = await api.send('GET', '/v1/admin/actions/export', as())
    assert.match(String(file.headers['content-disposition']), /atelier-actions\.ndjson/)
    const lines = (file.body as string)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as AdminAction)
    const [{ count }] = (await api.sql<{ count: number }>('SELECT count(*)::int AS count FROM admin_actions')) as [
      { count: number },
    ]
    assert.deepEqual([lines.length, new Set(lines.map(({ id }) => id)).size], [count, count])
    assert.deepEqual(
      lines.map(({ createdAt }) => createdAt),
      lines.map(({ createdAt }) => createdAt).toSorted(),
    )
    assert.equal(lines.at(-1)!.action, 'PATCH /v1/admin/owners/:id/limits')
    const csv = (await api.send('GET', '/v1/admin/actions/export?format=csv&to=2021-01-01T00:00:00Z', as()))
      .body as string
    const rows = csv.trimEnd().split('\r\n')
    assert.equal(rows.length, 1204)
    assert.match(rows[0]!, /^createdAt,id,ownerId/)
    assert.ok(rows[1]!.endsWith(`,'=cmd,,200,"{""a"":""1,2 \\""3\\""""}"`), rows[1])
    const since = await api.send('GET', '/v1/admin/actions/export?from=2021-01-01T00:00:00Z', as())
    assert.equal((since.body as string).trim().split('\n').length, count - 1203)
    assert.equal((await api.send('GET', '/v1/admin/actions/export?format=xml', as())).status, 400)
  })
})

describe('names', () => {
  it('are those of owners and keys, and of none that is gone', async () => {
    const { body: key } = await post('/keys', { name: 'Named' })
    const ids = [key.ownerId, key.id, 'own_0000000000000000']
    const { body } = await api.send('GET', `/v1/admin/names?ids=${ids.join(',')}`, as())
    const byId = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1)
    assert.deepEqual(
      body.data.toSorted(byId),
      [
        { id: key.ownerId, name: 'Named' },
        { id: key.id, name: 'Named' },
      ].toSorted(byId),
    )
    for (const bad of ['', 'gen_0000000000000000', `${key.id},`, Array.from({ length: 101 }, () => key.id).join(',')])
      assert.equal((await api.send('GET', `/v1/admin/names?ids=${bad}`, as())).status, 400)
  })
})

describe('Bull Board', () => {
  it('only shows jobs', async () => {
    const id = await queued(api)
    const { status } = await api.send('PUT', `/admin/queues/api/queues/generations/${id}/clean`, as())
    assert.equal(status, 405)
    const pause = await api.send('PUT', '/admin/queues/api/queues/generations/pause', as())
    assert.deepEqual([pause.status, (await api.queue.counts()).paused], [405, false])
    assert.equal((await api.send('GET', '/admin/queues/api/queues', as())).status, 200)
  })
})

describe('all of it', () => {
  it('is only for operators', async () => {
    const paths = Object.entries(
      (await api.send('GET', '/openapi.json', { as: null })).body.paths as Record<string, object>,
    ).filter(([path]) => path.startsWith('/v1/admin/'))
    assert.ok(paths.length > 30)
    for (const [path, methods] of paths)
      for (const method of Object.keys(methods)) {
        const url = path.replace('{id}', 'gen_0000000000000000').replace('{deliveryId}', 'msg_0000000000000000')
        const answer = await api.send(method.toUpperCase() as 'GET', url, { body: method === 'get' ? undefined : {} })
        assert.deepEqual([answer.status, answer.body.error.code], [403, 'forbidden'], `${method} ${path}`)
      }
  })
})
