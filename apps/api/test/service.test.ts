import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { cleanUpAfterEach, eventually } from '@atelier/testing'
import { modelSchema, newId, type ListedSession, type TurnInTree } from '@atelier/contracts'
import { readModels } from '../src/index.js'
import { requeueOverdue } from '../src/generations/requeue-overdue.js'
import { manifest, startTestApi, type TestApi } from './support/test-api.js'

const cleanUp = cleanUpAfterEach()

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.close())

describe('health', () => {
  it('is alive, and ready with and without a worker', async () => {
    assert.equal((await api.send('GET', '/health/live', { as: null })).status, 200)
    const { status, body } = await api.send('GET', '/health/ready', { as: null })
    assert.deepEqual(
      [status, body],
      [200, { status: 'ok', database: 'ok', queue: 'ok', objects: 'ok', worker: 'none' }],
    )
    await api.database.work.report({
      id: newId('worker'),
      state: 'ready',
      device: 'cpu',
      deviceRequested: 'auto',
      deviceFallback: 'no GPU',
      loading: null,
      unhealthyReason: null,
      models: ['ace-test'],
      hostname: 'h',
      pid: 1,
      generationId: null,
      startedAt: new Date().toISOString(),
      batchSize: 4,
    })
    await eventually('the worker is seen once the shared result is a second old', async () => {
      return (await api.send('GET', '/health/ready', { as: null })).body.worker === 'ok'
    })
    assert.equal((await api.send('GET', '/v1/admin/workers', { as: api.admin })).body.data[0].device, 'cpu')
    const metrics = (await api.send('GET', '/metrics', { as: api.admin })).body as string
    assert.match(metrics, /atelier_worker_devices\{requested="auto",device="cpu",fallback="true"\} 1/)
    assert.match(metrics, /atelier_workers\{state="ready"\} 1/)
    assert.match(metrics, /atelier_worker_places\{state="ready"\} 4/)
  })

  it('is ready without the object store, and shows that it is down; requests that need it are 503', async () => {
    const broken = async () => {
      throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.1'), { code: 'ECONNREFUSED' })
    }
    const other = await startTestApi((d) => ({
      ...d,
      objects: Object.assign(Object.create(d.objects) as typeof d.objects, { check: broken, put: broken }),
    }))
    cleanUp(() => other.close())
    const { status, body } = await other.send('GET', '/health/ready', { as: null })
    assert.deepEqual([status, body.status, body.objects, body.database], [200, 'degraded', 'down', 'ok'])
    const { png } = await import('./support/test-api.js')
    const answer = await other.upload(await png(8, 8))
    assert.deepEqual([answer.status, answer.body.error.code], [503, 'unavailable'])
    assert.equal(answer.headers['retry-after'], '5')
    assert.doesNotMatch(JSON.stringify(answer.body), /10\.0\.0\.1/)
  })
})

describe('sessions and models', () => {
  it('can be made, listed by page, renamed and deleted', async () => {
    const made = await api.send('POST', '/v1/sessions', { body: { title: ' Cats ' } })
    assert.deepEqual([made.status, made.body.title, made.body.lastSeq], [201, 'Cats', 0])
    await api.session()
    await api.session()
    const first = (await api.send('GET', '/v1/sessions?limit=2')).body
    const second = (await api.send('GET', `/v1/sessions?limit=2&cursor=${first.nextCursor}`)).body
    assert.deepEqual(
      [first.data.length, second.data.length, second.nextCursor, second.data[0].id],
      [2, 1, null, made.body.id],
    )
    assert.equal(
      (await api.send('PATCH', `/v1/sessions/${made.body.id}`, { body: { title: 'Dogs' } })).body.title,
      'Dogs',
    )
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'cursor=nonsense', 'cursor=%00']) {
      assert.equal((await api.send('GET', `/v1/sessions?${query}`)).body.error.code, 'invalid_request', query)
    }
    const turn = await api.send('POST', `/v1/sessions/${made.body.id}/turns`, { body: { instruction: 'x' } })
    const generation = turn.body.generations[0].id
    await api.finish(generation)
    const { status, body } = await api.send('DELETE', `/v1/sessions/${made.body.id}`)
    assert.deepEqual([status, body], [204, ''])
    assert.equal((await api.send('GET', `/v1/sessions/${made.body.id}`)).status, 404)
    assert.equal(await api.objects.head(`generations/${generation}/0.png`), null)
  })

  it('are found by title, in the order in which they changed, with their newest picture', async () => {
    const title = async (text: string) => (await api.send('POST', '/v1/sessions', { body: { title: text } })).body.id
    const [percent, plain, snake] = [await title('100% Owl'), await title('an owl'), await title('owl_s')]
    const list = async (query: string) => (await api.send('GET', `/v1/sessions?${query}`)).body.data as ListedSession[]
    const ids = async (query: string) => (await list(query)).map(({ id }) => id)
    assert.deepEqual(await ids('query=OWL'), [snake, plain, percent])
    assert.deepEqual(await ids('query=%25'), [percent])
    assert.deepEqual(await ids('query=_'), [snake])
    assert.deepEqual(await ids('query=%5C'), [])
    for (const query of ['query=', 'query=%20', `query=${'x'.repeat(201)}`, 'order=title'])
      assert.equal((await api.send('GET', `/v1/sessions?${query}`)).body.error.code, 'invalid_request', query)
    const made = async (body: object) => {
      const turn = await api.send('POST', `/v1/sessions/${percent}/turns`, { body })
      for (const { id } of turn.body.generations) await api.finish(id)
      return (await api.send('GET', `/v1/turns/${turn.body.turn.id}`)).body as TurnInTree
    }
    assert.equal((await list('query=100')).at(0)!.image, null)
    const first = await made({ instruction: 'x' })
    await made({ instruction: 'y', images: [] })
    const again = (await api.send('POST', `/v1/generations/${first.generations[0]!.id}/retry`)).body
    await api.finish(again.id)
    const newest = (await api.send('GET', `/v1/generations/${again.id}`)).body.images[0]
    const [row] = await list('query=owl&order=activity&limit=1')
    const { thumbnailUrl, ...image } = row!.image!
    assert.equal(row!.id, percent)
    assert.deepEqual(image, { id: newest.id, width: newest.width, height: newest.height })
    assert.equal((await api.app.inject(thumbnailUrl)).headers['content-type'], 'image/webp')
  })

  it('lists models, the default one first', async () => {
    const { body } = await api.send('GET', '/v1/models')
    assert.deepEqual(
      body.data
        .map((model: unknown) => modelSchema.parse(model))
        .map(({ name, default: d }: { name: string; default: boolean }) => [name, d]),
      [
        ['ace-test', true],
        ['ace-other', false],
      ],
    )
  })

  it('reads model folders, and names the file that is damaged or missing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'atelier models '))
    cleanUp(() => rm(folder, { recursive: true }))
    await assert.rejects(readModels(folder, 'ace-test'), /ace-test is not in/)
    const { mkdir } = await import('node:fs/promises')
    await mkdir(join(folder, 'a'))
    await writeFile(join(folder, 'README.md'), 'no model')
    await writeFile(join(folder, 'a', 'manifest.json'), JSON.stringify(manifest))
    // the name in the manifest counts, not that of the folder
    assert.equal((await readModels(folder, 'ace-test')).choose().name, 'ace-test')
    await assert.rejects(readModels(folder, 'a'), /a is not in/)
    await writeFile(join(folder, 'a', 'manifest.json'), '{')
    await assert.rejects(readModels(folder, 'ace-test'), /a.manifest\.json is not a manifest/)
    await assert.rejects(readModels(join(folder, 'none'), 'a'), /none, cannot be read/)
  })
})

describe('the administrator', () => {
  const as = () => ({ as: api.admin })

  it('pauses, resumes and drains the queue', async () => {
    assert.equal((await api.send('POST', '/v1/admin/queue/pause', as())).body.paused, true)
    assert.equal((await api.send('POST', '/v1/admin/queue/resume', as())).body.paused, false)
    const {
      body: {
        generations: [{ id }],
      },
    } = await api.send('POST', `/v1/sessions/${await api.session()}/turns`, { body: { instruction: 'x' } })
    assert.ok((await api.send('GET', '/v1/admin/queue', as())).body.waiting >= 1)
    const { body } = await api.send('POST', '/v1/admin/queue/drain', as())
    assert.ok(body.cancelled >= 1)
    assert.equal((await api.send('GET', `/v1/generations/${id}`)).body.status, 'cancelled')
    assert.equal((await api.send('GET', '/v1/admin/queue', as())).body.waiting, 0)
    assert.equal(await requeueOverdue(api), 0)
    const retried = await api.send('POST', `/v1/admin/generations/${id}/retry`, as())
    assert.deepEqual([retried.status, retried.body.status], [202, 'queued'])
    const list = await api.send('GET', '/v1/admin/generations?status=queued', as())
    assert.deepEqual(
      list.body.data.map(({ ownerId, id }: Record<string, string>) => [ownerId, id]),
      [[api.anna.ownerId, retried.body.id]],
    )
    assert.equal((await api.send('GET', '/v1/admin/generations?status=lost', as())).status, 400)
  })

  it('makes, lists and revokes keys, and sees usage', async () => {
    const { status, body: key } = await api.send('POST', '/v1/admin/keys', {
      ...as(),
      body: { name: 'Cleo', ownerId: api.anna.ownerId },
    })
    assert.equal(status, 201)
    assert.match(key.token, /^atl_/)
    const {
      body: { data },
    } = await api.send('GET', '/v1/admin/keys?limit=100', as())
    assert.ok(data.some(({ id }: { id: string }) => id === key.id))
    assert.doesNotMatch(JSON.stringify(data), new RegExp(key.token))
    assert.notEqual((await api.send('DELETE', `/v1/admin/keys/${key.id}`, as())).body.revokedAt, null)
    assert.equal(
      (await api.send('POST', '/v1/admin/keys', { ...as(), body: { name: '', scopes: ['root'] } })).body.error.details
        .length,
      2,
    )
    assert.equal(
      (await api.send('POST', '/v1/admin/keys', { ...as(), body: { name: 'x', ownerId: newId('owner') } })).status,
      404,
    )
    assert.ok(
      (await api.send('GET', '/v1/admin/usage', as())).body.data.some(({ name }: { name: string }) => name === 'Anna'),
    )
  })

  it('opens Bull Board in a browser with the key as password', async () => {
    const basic = { authorization: `Basic ${Buffer.from(`me:${api.admin.token}`).toString('base64')}` }
    const without = await api.app.inject({ url: '/admin/queues' })
    assert.equal(without.statusCode, 401)
    assert.match(String(without.headers['www-authenticate']), /^Basic /)
    const board = await api.app.inject({ url: '/admin/queues', headers: basic })
    assert.equal(board.statusCode, 200)
    assert.match(board.body, /<base href="\/admin\/queues\/"/)
    const script = /static\/js\/main[^"]+/.exec(board.body)![0]
    assert.equal((await api.app.inject({ url: `/admin/queues/${script}`, headers: basic })).statusCode, 200)
    const queues = await api.app.inject({ url: '/admin/queues/api/queues', headers: basic })
    assert.equal(queues.statusCode, 200, queues.body)
    assert.equal(queues.json().queues[0].name, 'generations')
    const foreign = await api.app.inject({
      method: 'PUT',
      url: '/admin/queues/api/queues/generations/pause',
      headers: { ...basic, origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' },
    })
    assert.equal(foreign.statusCode, 403)
  })
})
