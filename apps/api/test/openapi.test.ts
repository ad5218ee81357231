import assert from 'node:assert/strict'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { cleanUpAfterEach } from '@atelier/testing'
import { startTestApi, type TestApi } from './support/test-api.js'

const cleanUp = cleanUpAfterEach()

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.close())

interface Answer {
  description?: string
  headers?: Record<string, object>
  content?: Record<string, { schema?: { $ref?: string }; examples?: Record<string, unknown> }>
}
interface Operation {
  operationId?: string
  summary?: string
  description?: string
  security?: object[]
  responses: Record<string, Answer>
  parameters?: { name?: string; $ref?: string; in?: string; required?: boolean; description?: string }[]
  requestBody?: { required?: boolean; content: Record<string, { schema?: { $ref?: string } }> }
}
interface Document {
  openapi: string
  info: object
  servers: { url: string }[]
  tags: { name: string; description?: string }[]
  paths: Record<string, Record<string, Operation>>
  components: {
    schemas: Record<string, { description?: string; properties?: Record<string, { description?: string }> }>
  }
}

/** The routes of the contract, as the architecture lists them. */
const contract = [
  'get /health/live',
  'get /health/ready',
  'get /metrics',
  'get /v1/limits',
  'get /v1/models',
  'post /v1/webhooks',
  'get /v1/webhooks',
  'get /v1/webhooks/secret',
  'post /v1/webhooks/secret/rotate',
  'get /v1/webhooks/{id}',
  'patch /v1/webhooks/{id}',
  'delete /v1/webhooks/{id}',
  'post /v1/webhooks/{id}/rotate',
  'get /v1/webhooks/{id}/deliveries',
  'post /v1/webhooks/{id}/deliveries/{deliveryId}/replay',
  'post /v1/sessions',
  'get /v1/sessions',
  'get /v1/sessions/{id}',
  'patch /v1/sessions/{id}',
  'delete /v1/sessions/{id}',
  'get /v1/sessions/{id}/export',
  'post /v1/sessions/import',
  'post /v1/sessions/{id}/fork',
  'post /v1/images',
  'get /v1/images/{id}',
  'delete /v1/images/{id}',
  'get /v1/images/{id}/content',
  'post /v1/images/{id}/outpaint',
  'get /v1/sessions/{id}/turns',
  'post /v1/sessions/{id}/turns',
  'post /v1/turns/dry-run',
  'get /v1/turns/{id}',
  'get /v1/turns/{id}/siblings',
  'get /v1/turns/{id}/generations',
  'delete /v1/turns/{id}',
  'get /v1/generations/{id}',
  'post /v1/generations/{id}/cancel',
  'post /v1/generations/{id}/retry',
  'post /v1/generations/{id}/reproduce',
  'get /v1/sessions/{id}/events',
  'get /v1/admin/health',
  'get /v1/admin/events',
  'get /v1/admin/queue',
  'get /v1/admin/queue/owners',
  'post /v1/admin/queue/pause',
  'post /v1/admin/queue/resume',
  'post /v1/admin/queue/drain',
  'get /v1/admin/workers',
  'post /v1/admin/workers/{id}/drain',
  'post /v1/admin/workers/{id}/undrain',
  'post /v1/admin/workers/{id}/restart',
  'get /v1/admin/generations',
  'get /v1/admin/generations/{id}',
  'post /v1/admin/generations/{id}/retry',
  'post /v1/admin/generations/{id}/cancel',
  'post /v1/admin/generations/{id}/front',
  'post /v1/admin/generations/{id}/park',
  'post /v1/admin/generations/{id}/unpark',
  'get /v1/admin/owners',
  'get /v1/admin/owners/{id}',
  'get /v1/admin/names',
  'patch /v1/admin/owners/{id}/limits',
  'get /v1/admin/sessions',
  'post /v1/admin/sessions/{id}/hold',
  'post /v1/admin/sessions/{id}/release',
  'get /v1/admin/storage',
  'get /v1/admin/webhooks',
  'get /v1/admin/webhooks/{id}/deliveries',
  'post /v1/admin/webhooks/{id}/deliveries/{deliveryId}/replay',
  'post /v1/admin/keys',
  'get /v1/admin/keys',
  'delete /v1/admin/keys/{id}',
  'patch /v1/admin/keys/{id}',
  'post /v1/admin/keys/{id}/rotate',
  'get /v1/admin/usage',
  'get /v1/admin/stats',
  'get /v1/admin/actions',
  'get /v1/admin/actions/export',
  'post /v1/admin/objects/clean',
  'post /v1/admin/objects/sweep',
  'post /v1/browser-sessions',
  'get /v1/browser-sessions/current',
  'delete /v1/browser-sessions/current',
  'get /objects/{key}',
  'post /openai/v1/images/generations',
  'post /openai/v1/images/edits',
  'post /openai/v1/images/variations',
  'post /openai/v1/responses',
  'get /openai/v1/responses/{id}',
  'delete /openai/v1/responses/{id}',
  'post /openai/v1/responses/{id}/cancel',
  'get /openai/v1/models',
  'get /openai/v1/models/{model}',
]

describe('/openapi.json', () => {
  it('lists exactly the routes there are, and docs/api.md names them', async () => {
    const { status, body } = await api.send('GET', '/openapi.json', { as: null })
    assert.equal(status, 200)
    const listed = Object.entries((body as Document).paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    )
    assert.deepEqual(listed.sort(), [...contract].sort())
    const page = await readFile(new URL('../../../../docs/api.md', import.meta.url), 'utf8')
    for (const route of contract) {
      const [method, path] = route.split(' ') as [string, string]
      assert.ok(
        page.includes(
          `\`${method.toUpperCase()} ${path.replaceAll(/\{(id|deliveryId)\}/g, ':$1').replace('{key}', '*')}\``,
        ),
        route,
      )
    }
  })

  const operations = async () => {
    const document = (await api.send('GET', '/openapi.json', { as: null })).body as Document
    return Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, path, operation })),
    )
  }

  it('names and describes every operation, parameter and body', async () => {
    const all = await operations()
    for (const { name, path, operation } of all) {
      assert.match(operation.operationId ?? '', /^[a-z]+[A-Z]/, `${name} has no note in src/openapi/operations.ts`)
      assert.ok(operation.summary && operation.description, name)
      const parameters = (operation.parameters ?? []).filter((p) => !p.$ref)
      for (const parameter of parameters) assert.ok(parameter.description, `${name} ${parameter.name}`)
      assert.deepEqual(
        parameters.filter((p) => p.in === 'path' && p.required).map((p) => p.name),
        [...path.matchAll(/\{(.+?)\}/g)].map(([, p]) => p),
        name,
      )
      for (const content of Object.values(operation.requestBody?.content ?? {})) assert.ok(content.schema, name)
    }
    assert.equal(new Set(all.map(({ operation }) => operation.operationId)).size, all.length)
  })

  it('has named schemas with a description of every field, and no others', async () => {
    const document = (await api.send('GET', '/openapi.json', { as: null })).body as Document
    const { schemas } = document.components
    for (const name of ['Session', 'Turn', 'Generation', 'Image', 'Error', 'CreateTurn', 'Model', 'ListedSessionPage'])
      assert.ok(schemas[name], name)
    for (const [name, schema] of Object.entries(schemas)) {
      assert.ok(schema.description, name)
      for (const [field, { description }] of Object.entries(schema.properties ?? {}))
        assert.ok(description, `${name}.${field} has no note in src/openapi`)
    }
    const referred = new Set(JSON.stringify(document).match(/#\/components\/schemas\/\w+/g))
    assert.deepEqual([...referred].map((ref) => ref.split('/').at(-1)).sort(), Object.keys(schemas).sort())
    for (const { name, operation } of await operations())
      for (const [status, { content }] of Object.entries(operation.responses))
        if (content?.['application/json']) assert.ok(content['application/json'].schema?.$ref, `${name} ${status}`)
  })

  it('lists the errors of each operation with their codes', async () => {
    const all = await operations()
    const codes = (name: string) =>
      Object.fromEntries(
        Object.entries(all.find((o) => o.name === name)!.operation.responses)
          .filter(([status]) => status >= '400')
          .map(([status, { content }]) => [status, Object.keys(content!['application/json']!.examples ?? {})]),
      )
    assert.deepEqual(codes('delete /v1/turns/{id}'), {
      400: ['invalid_request'],
      401: ['unauthorized'],
      404: ['not_found'],
      409: ['in_use', 'session_on_hold'],
      429: ['rate_limited'],
      500: ['internal'],
      503: ['unavailable'],
    })
    assert.deepEqual(codes('post /v1/sessions')[409], ['idempotency_conflict', 'still_running'])
    assert.deepEqual(codes('post /v1/admin/queue/pause')[403], ['forbidden'])
    assert.ok(codes('post /v1/sessions/{id}/turns')[400]!.includes('unknown_mention'))
    assert.deepEqual(Object.keys(codes('get /health/live')), ['400', '429', '500', '503'])
    const door = codes('post /openai/v1/images/edits')
    assert.deepEqual(door[401], ['invalid_api_key'])
    assert.deepEqual(door[404], ['model_not_found'])
    assert.ok(door[400]!.includes('unsupported_image') && !door[415])
  })

  it('has the headers and the content types of what is no JSON', async () => {
    const { paths } = (await api.send('GET', '/openapi.json', { as: null })).body as Document
    const create = paths['/v1/sessions']!.post!
    assert.deepEqual(create.parameters, [{ $ref: '#/components/parameters/IdempotencyKey' }])
    assert.equal(create.requestBody!.required, false)
    assert.deepEqual(Object.keys(create.responses['201']!.headers!), ['X-Request-Id', 'Idempotent-Replayed'])
    assert.ok(create.responses['429']!.headers!['Retry-After'])
    const types = (path: string) => Object.keys(paths[path]!.get!.responses['200']!.content!)
    assert.deepEqual(types('/v1/images/{id}/content'), ['image/png', 'image/jpeg', 'image/webp'])
    assert.deepEqual(types('/v1/sessions/{id}/export'), ['application/zip'])
    assert.deepEqual(types('/v1/sessions/{id}/events'), ['text/event-stream'])
    assert.ok(paths['/v1/images/{id}/content']!.get!.responses['304'])
    assert.equal(paths['/v1/sessions/{id}']!.delete!.responses['204']!.content, undefined)
    assert.ok(paths['/v1/images']!.post!.requestBody!.content['multipart/form-data'])
  })

  it('has a page that its own content policy lets work', async () => {
    const page = await api.app.inject('/docs/')
    assert.equal(page.statusCode, 200)
    assert.doesNotMatch(page.body, /<script>|<script type="text\/javascript">[^<]/)
    const policy = String(page.headers['content-security-policy'])
    assert.match(policy, /script-src 'self'(;|$)/)
    assert.doesNotMatch(policy, /upgrade-insecure/)
  })
})

describe('the page', () => {
  it('is served with its files, and stands in for the addresses that it draws itself', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'atelier page '))
    cleanUp(() => rm(folder, { recursive: true }))
    await mkdir(join(folder, 'assets'))
    await writeFile(join(folder, 'index.html'), '<base href="/"><p>page</p>')
    await writeFile(join(folder, 'admin.html'), '<base href="/"><p>dashboard</p>')
    await writeFile(join(folder, 'assets', 'a.js'), '1')
    const other = await startTestApi((d) => ({ ...d, settings: { ...d.settings, pageDirectory: folder } }))
    cleanUp(() => other.close())
    const get = (url: string) => other.app.inject(url)
    assert.equal((await get('/')).body, '<base href="/"><p>page</p>')
    assert.equal((await get('/')).headers['cache-control'], 'no-cache')
    for (const url of ['/admin', '/admin/', '/admin/owners', '/admin/queue/gen_0123456789abcdef']) {
      const answer = await get(url)
      assert.deepEqual(
        [answer.body, answer.headers['cache-control']],
        ['<base href="/"><p>dashboard</p>', 'no-cache'],
        url,
      )
    }
    // Bull Board stands below the dashboard's address, and asks for a key
    for (const url of ['/admin/queues', '/admin/queues/', '/admin/queues/api/queues'])
      assert.equal((await get(url)).statusCode, 401, url)
    assert.match(String((await get('/assets/a.js')).headers['cache-control']), /immutable/)
    assert.equal((await get('/assets/b.js')).statusCode, 404)
  })

  it('is a line of text when it has not been built', async () => {
    const other = await startTestApi((d) => ({ ...d, settings: { ...d.settings, pageDirectory: '/nowhere' } }))
    cleanUp(() => other.close())
    assert.match((await other.app.inject('/')).body, /npm run build/)
  })

  it('may be called from the origins that the settings name, and no others', async () => {
    const allow = async (origin: string) =>
      (await api.app.inject({ url: '/health/live', headers: { origin } })).headers['access-control-allow-origin']
    assert.equal(await allow('http://friend.example'), 'http://friend.example')
    assert.equal(await allow('http://evil.example'), undefined)
  })
})
