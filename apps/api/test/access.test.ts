import '@fastify/swagger'
import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { newId } from '@atelier/contracts'
import { startTestApi, uploaded, type TestApi } from './support/test-api.js'

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.close())

const routes = () => (api.app.swagger() as { paths: Record<string, Record<string, { security?: unknown[] }>> }).paths

describe('keys', () => {
  it('are needed by every route that is not open on purpose', async () => {
    for (const [path, operations] of Object.entries(routes())) {
      for (const [method, { security }] of Object.entries(operations)) {
        const open = security?.length === 0
        const url = path.replaceAll(/\{\w+\}/g, newId('session'))
        const { status, body } = await api.send(method.toUpperCase() as 'GET', url, { as: null })
        assert.equal(status === 401, !open, `${method} ${path}: ${status}`)
        if (!open) assert.equal(body.error.code, path.startsWith('/openai/') ? 'invalid_api_key' : 'unauthorized')
      }
    }
  })

  it('must exist and not be revoked', async () => {
    const as = (token: string) => ({ as: { token, ownerId: '', headers: { authorization: `Bearer ${token}` } } })
    assert.equal((await api.send('GET', '/v1/models', as('atl_unknown'))).status, 401)
    assert.equal((await api.send('GET', '/v1/models', as("' OR 1=1"))).status, 401)
    const { body: key } = await api.send('POST', '/v1/admin/keys', { as: api.admin, body: { name: 'short-lived' } })
    assert.equal((await api.send('GET', '/v1/models', as(key.token))).status, 200)
    await api.send('DELETE', `/v1/admin/keys/${key.id}`, { as: api.admin })
    const { status, headers } = await api.send('GET', '/v1/models', as(key.token))
    assert.equal(status, 401)
    assert.match(String(headers['www-authenticate']), /Bearer/)
  })

  it('are taken from the query by the event stream alone', async () => {
    assert.equal((await api.send('GET', `/v1/sessions?token=${api.anna.token}`, { as: null })).status, 401)
    assert.equal(
      (await api.send('GET', `/v1/sessions/${newId('session')}/events?token=${api.anna.token}`, { as: null })).status,
      404,
    )
  })

  it('need the scope admin below /v1/admin and /admin/queues', async () => {
    for (const path of Object.keys(routes()).filter((path) => path.startsWith('/v1/admin'))) {
      for (const method of Object.keys(routes()[path]!)) {
        const { status, body } = await api.send(
          method.toUpperCase() as 'GET',
          path.replaceAll(/\{\w+\}/g, newId('generation')),
        )
        assert.deepEqual([status, body.error?.code], [403, 'forbidden'], `${method} ${path}`)
      }
    }
    assert.equal((await api.send('GET', '/admin/queues')).status, 403)
    assert.equal((await api.send('GET', '/admin/queues/api/queues')).status, 403)
  })
})

describe("what is somebody else's", () => {
  it('is 404 on every route with an id', async () => {
    const session = await api.session(api.ben)
    const image = await uploaded(api, 64, 64, { as: api.ben })
    const {
      body: {
        generations: [generation],
      },
    } = await api.send('POST', `/v1/sessions/${session}/turns`, { as: api.ben, body: { instruction: 'x' } })
    const ids: Record<string, string> = { sessions: session, images: image.id, generations: generation.id }
    const bodies: Record<string, object> = {
      'post /v1/sessions/{id}/turns': { instruction: 'x' },
      'patch /v1/sessions/{id}': { title: 'x' },
      'post /v1/sessions/{id}/fork': { turnId: newId('turn') },
      'post /v1/images/{id}/outpaint': { top: 1 },
    }
    let tried = 0
    for (const [path, operations] of Object.entries(routes())) {
      const kind = /^\/v1\/(\w+)\/\{id\}/.exec(path)?.[1]
      if (!kind || kind === 'admin') continue
      for (const method of Object.keys(operations)) {
        const body = bodies[`${method} ${path}`]
        for (const id of [ids[kind]!, newId('image'), 'nonsense', '%00']) {
          const answer = await api.send(method.toUpperCase() as 'GET', path.replace('{id}', id), body ? { body } : {})
          assert.deepEqual([answer.status, answer.body.error?.code], [404, 'not_found'], `${method} ${path} ${id}`)
          tried++
        }
      }
    }
    assert.ok(tried >= 40)
    assert.equal((await api.send('GET', `/v1/generations/${generation.id}`, { as: api.ben })).body.status, 'queued')
    assert.equal((await api.send('GET', '/v1/sessions')).body.data.length, 0)
  })
})
