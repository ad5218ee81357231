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

interface Operation {
  summary?: string
  responses: Record<string, { description?: string }>
  parameters?: { name: string; in: string; required?: boolean; schema?: object }[]
  requestBody?: { content: Record<string, { schema?: object }> }
}
interface Document {
  openapi: string
  info: object
  paths: Record<string, Record<string, Operation>>
}

/** The routes of the contract, as the architecture lists them. */
const contract = [
  'get /health/live',
  'get /health/ready',
  'get /metrics',
  'get /v1/models',
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
  'post /v1/sessions/{id}/turns',
  'get /v1/turns/{id}',
  'delete /v1/turns/{id}',
  'get /v1/generations/{id}',
  'post /v1/generations/{id}/cancel',
  'post /v1/generations/{id}/retry',
  'post /v1/generations/{id}/reproduce',
  'get /v1/sessions/{id}/events',
  'get /v1/admin/queue',
  'post /v1/admin/queue/pause',
  'post /v1/admin/queue/resume',
  'post /v1/admin/queue/drain',
  'get /v1/admin/workers',
  'get /v1/admin/generations',
  'post /v1/admin/generations/{id}/retry',
  'post /v1/admin/keys',
  'get /v1/admin/keys',
  'delete /v1/admin/keys/{id}',
  'post /v1/admin/keys/{id}/rotate',
  'get /v1/admin/usage',
  'post /v1/admin/objects/sweep',
  'post /v1/browser-sessions',
  'get /v1/browser-sessions/current',
  'delete /v1/browser-sessions/current',
  'get /objects/{*}',
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
      assert.ok(page.includes(`\`${method.toUpperCase()} ${path.replace('{id}', ':id').replace('{*}', '*')}\``), route)
    }
  })

  it('is a valid document', async () => {
    const document = (await api.send('GET', '/openapi.json', { as: null })).body as Document
    assert.match(document.openapi, /^3\.0/)
    assert.doesNotMatch(JSON.stringify(document), /"\$ref"/)
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const name = `${method} ${path}`
        assert.ok(operation.summary, `${name} has no summary`)
        for (const answer of Object.values(operation.responses)) assert.equal(typeof answer.description, 'string', name)
        const inPath = (operation.parameters ?? []).filter((p) => p.in === 'path')
        assert.deepEqual(
          inPath.map((p) => p.name),
          [...path.matchAll(/\{(.+?)\}/g)].map(([, p]) => p),
          name,
        )
        assert.ok(
          inPath.every((p) => p.required),
          name,
        )
        for (const content of Object.values(operation.requestBody?.content ?? {})) assert.ok(content.schema, name)
      }
    }
    assert.ok(document.paths['/v1/images']!.post!.requestBody!.content['multipart/form-data'])
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
    await writeFile(join(folder, 'index.html'), '<p>page</p>')
    await writeFile(join(folder, 'assets', 'a.js'), '1')
    const other = await startTestApi((d) => ({ ...d, settings: { ...d.settings, pageDirectory: folder } }))
    cleanUp(() => other.close())
    const get = (url: string) => other.app.inject(url)
    assert.equal((await get('/')).body, '<p>page</p>')
    assert.equal((await get('/')).headers['cache-control'], 'no-cache')
    assert.equal((await get('/admin')).body, '<p>page</p>')
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
