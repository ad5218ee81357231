import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, it } from '@jest/globals'
import { newId } from '@atelier/contracts'
import { startStopwatch } from '@atelier/testing'
import { Atelier, AtelierApiError, AtelierConnectionError } from '../src/index.js'
import { retryAfterMs } from '../src/retry.js'
import { TinyApi, tinyToken } from './tiny-api.js'

describe('requests', () => {
  const api = new TinyApi()
  let atelier: Atelier
  beforeAll(async () => {
    await api.start()
    atelier = new Atelier({ url: `${api.url}/`, token: tinyToken })
  })
  afterAll(() => api.stop())
  beforeEach(() => {
    api.requests.length = 0
    api.fault = () => undefined
  })
  const isApiError = (code: string, status: number) => (error: unknown) =>
    error instanceof AtelierApiError && error.code === code && error.status === status

  it('go where they should with what they were given', async () => {
    const session = await atelier.sessions.create({ title: 'Circles' })
    await atelier.sessions.list({ limit: 5, cursor: 'a b', query: '50%', order: 'activity' })
    await atelier.sessions.update(session.id, { title: 'Squares' })
    assert.equal(await atelier.sessions.delete(session.id), undefined)
    assert.deepEqual(await atelier.images.content(newId('image')), new Uint8Array([1, 2, 3]))
    assert.deepEqual(
      api.requests.slice(0, 4).map(({ method, url, body }) => ({ method, url, body })),
      [
        { method: 'POST', url: '/v1/sessions', body: { title: 'Circles' } },
        { method: 'GET', url: '/v1/sessions?limit=5&cursor=a+b&query=50%25&order=activity', body: undefined },
        { method: 'PATCH', url: `/v1/sessions/${session.id}`, body: { title: 'Squares' } },
        { method: 'DELETE', url: `/v1/sessions/${session.id}`, body: undefined },
      ],
    )
    assert.deepEqual(
      api.requests.map(({ idempotencyKey }) => idempotencyKey?.length),
      [32, undefined, undefined, undefined, undefined],
    )
  })

  it('ask for the limits and for a place in the queue', async () => {
    assert.deepEqual((await atelier.limits()).waiting, { limit: 9, used: 2 })
    const { id } = api.addGeneration(newId('session'))
    const { position, etaSeconds } = await atelier.generations.get(id)
    assert.deepEqual([position, etaSeconds], [3, 4.5])
  })

  it('sign a browser in and out, and try turns out', async () => {
    api.fault = () => ({ status: 418 })
    const calls = [
      () => atelier.browserSessions.signIn({ secret: 'ab' }),
      () => atelier.browserSessions.current(),
      () => atelier.browserSessions.signOut(),
      () => atelier.turns.dryRun({ instruction: '' }),
      () => atelier.sessions.fork('ses_x'),
    ]
    for (const call of calls) await assert.rejects(call)
    assert.deepEqual(
      api.requests.map(({ method, url, body, idempotencyKey }) => [method, url, body, idempotencyKey?.length]),
      [
        ['POST', '/v1/browser-sessions', { secret: 'ab' }, undefined],
        ['GET', '/v1/browser-sessions/current', undefined, undefined],
        ['DELETE', '/v1/browser-sessions/current', undefined, undefined],
        ['POST', '/v1/turns/dry-run', { instruction: '' }, undefined],
        ['POST', '/v1/sessions/ses_x/fork', {}, 32],
      ],
    )
  })

  it('delete, move and run again', async () => {
    const [image, turn, generation] = [newId('image'), newId('turn'), newId('generation')]
    const session = api.addSession()
    assert.equal(await atelier.images.delete(image), undefined)
    assert.deepEqual(await atelier.turns.get(turn), { generations: [] })
    assert.equal(await atelier.turns.delete(turn), undefined)
    assert.equal((await atelier.sessions.update(session.id, { activeTurnId: turn })).activeTurnId, turn)
    await atelier.generations.retry(generation)
    await atelier.generations.retry(generation, { seed: 0 })
    await atelier.generations.reproduce(generation)
    assert.deepEqual(
      api.requests.map(({ method, url, body, idempotencyKey }) => [method, url, body, idempotencyKey?.length]),
      [
        ['DELETE', `/v1/images/${image}`, undefined, undefined],
        ['GET', `/v1/turns/${turn}`, undefined, undefined],
        ['DELETE', `/v1/turns/${turn}`, undefined, undefined],
        ['PATCH', `/v1/sessions/${session.id}`, { activeTurnId: turn }, undefined],
        ['POST', `/v1/generations/${generation}/retry`, undefined, 32],
        ['POST', `/v1/generations/${generation}/retry`, { seed: 0 }, 32],
        ['POST', `/v1/generations/${generation}/reproduce`, undefined, 32],
      ],
    )
  })

  it('upload bytes and files, masks as such', async () => {
    await atelier.images.upload(new Uint8Array([1, 2]), { purpose: 'mask' })
    await atelier.images.upload(new Blob(['picture']))
    const [mask, picture] = api.requests.map(({ body }) => body as FormData)
    assert.equal(mask!.get('purpose'), 'mask')
    assert.deepEqual(new Uint8Array(await (mask!.get('file') as File).arrayBuffer()), new Uint8Array([1, 2]))
    assert.equal(picture!.get('purpose'), null)
    assert.equal(await (picture!.get('file') as File).text(), 'picture')
  })

  it('copy sessions: export, import and fork', async () => {
    const { id } = await atelier.sessions.create()
    const archive = await atelier.sessions.export(id)
    assert.deepEqual(archive, new Uint8Array(Buffer.from('PK')))
    api.fault = () => (api.requests.length === 3 ? 'drop' : undefined)
    const copies = api.sessions.size
    const imported = await atelier.sessions.import(new Uint8Array(archive))
    assert.ok(api.sessions.has(imported.id))
    assert.equal(api.sessions.size, copies + 1)
    const turnId = newId('turn')
    await atelier.sessions.fork(id, { turnId, title: 'Another way' })
    const [, exporting, importing, again, forking] = api.requests
    assert.equal(exporting!.url, `/v1/sessions/${id}/export`)
    const file = (importing!.body as FormData).get('file') as File
    assert.deepEqual([importing!.url, await file.text()], ['/v1/sessions/import', 'PK'])
    assert.equal(again!.idempotencyKey, importing!.idempotencyKey)
    assert.deepEqual([forking!.url, forking!.body], [`/v1/sessions/${id}/fork`, { turnId, title: 'Another way' }])
    assert.equal(forking!.idempotencyKey?.length, 32)
  })

  it('page through turns, siblings and generations', async () => {
    const { id } = await atelier.sessions.create()
    api.turnIds = Array.from({ length: 5 }, () => newId('turn'))
    const [first, , , fourth] = api.turnIds
    const newest = await atelier.sessions.turns(id, { limit: 2 })
    assert.deepEqual([newest.data.map((turn) => turn.id), newest.before], [api.turnIds.slice(3), fourth])
    const all: string[] = []
    for await (const turn of atelier.sessions.everyTurn(id, { path: 'all', limit: 2 })) all.push(turn.id)
    assert.deepEqual(all, api.turnIds.toReversed())
    await atelier.sessions.get(id, { turn: first!, limit: 7 })
    await atelier.turns.siblings(first!, { from: 3, limit: 1 })
    await atelier.turns.generations(first!, { cursor: 'c' })
    assert.deepEqual(
      api.requests.slice(2).map(({ url }) => url),
      [
        `/v1/sessions/${id}/turns?path=all&limit=2`,
        `/v1/sessions/${id}/turns?path=all&limit=2&before=${fourth}`,
        `/v1/sessions/${id}/turns?path=all&limit=2&before=${api.turnIds[1]}`,
        `/v1/sessions/${id}?limit=7&turn=${first}`,
        `/v1/turns/${first}/siblings?from=3&limit=1`,
        `/v1/turns/${first}/generations?cursor=c`,
      ],
    )
  })

  it('tell what the API says no with', async () => {
    await assert.rejects(atelier.sessions.get(newId('session')), (error) => {
      assert.ok(error instanceof AtelierApiError)
      assert.deepEqual([error.code, error.status, error.requestId], ['not_found', 404, 'req_tiny'])
      assert.match(error.message, /Check the id/)
      return true
    })
    assert.equal(api.requests.length, 1)
    await assert.rejects(
      new Atelier({ url: api.url, token: 'atl_other' }).models.list(),
      isApiError('unauthorized', 401),
    )
  })

  it('wait as long as a busy server asks, then try again', async () => {
    api.fault = () => (api.requests.length === 1 ? { status: 503, retryAfter: '1' } : undefined)
    const start = Date.now()
    await atelier.sessions.list()
    assert.ok(Date.now() - start >= 990)
    assert.equal(api.requests.length, 2)
  })

  it('do not wait longer than half a minute', async () => {
    api.fault = () => ({ status: 503, retryAfter: '3600' })
    await assert.rejects(atelier.sessions.list(), isApiError('unavailable', 503))
    assert.equal(api.requests.length, 1)
  })

  it('create once, although the answer was lost', async () => {
    const before = api.sessions.size
    api.fault = () => (api.requests.length === 1 ? 'drop' : undefined)
    const session = await atelier.sessions.create()
    assert.equal(api.sessions.size, before + 1)
    assert.ok(api.sessions.has(session.id))
    assert.equal(api.requests.length, 2)
    assert.equal(api.requests[0]!.idempotencyKey, api.requests[1]!.idempotencyKey)
    await atelier.sessions.create()
    assert.notEqual(api.requests[2]!.idempotencyKey, api.requests[1]!.idempotencyKey)
  })

  it('are not repeated when they may have been carried out and have no key', async () => {
    api.fault = () => 'drop'
    await assert.rejects(atelier.generations.cancel(newId('generation')), AtelierConnectionError)
    assert.equal(api.requests.length, 1)
  })

  it('try a gateway that fails again, and give up after the retries', async () => {
    api.fault = () => ({ status: 502 })
    await assert.rejects(
      new Atelier({ url: api.url, token: tinyToken, retries: 1 }).models.list(),
      isApiError('unavailable', 502),
    )
    assert.equal(api.requests.length, 2)
  })

  it('say that nobody is there', async () => {
    const gone = new TinyApi()
    await gone.start()
    await gone.stop()
    await assert.rejects(
      new Atelier({ url: gone.url, token: tinyToken, retries: 1 }).models.list(),
      AtelierConnectionError,
    )
  })

  it('end when they take too long', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const slow = new Atelier({ url: `http://127.0.0.1:${port}`, token: tinyToken, retries: 0, timeoutMs: 50 })
    await assert.rejects(slow.sessions.list(), AtelierConnectionError)
    silent.closeAllConnections()
    silent.close()
  })

  it('stop at once when they are aborted, also between attempts', async () => {
    api.fault = () => ({ status: 503, retryAfter: '20' })
    const signal = AbortSignal.timeout(100)
    const watch = startStopwatch()
    await assert.rejects(atelier.sessions.list({}, { signal }), { name: 'TimeoutError' })
    await assert.rejects(atelier.sessions.list({}, { signal }), { name: 'TimeoutError' })
    assert.ok(watch.stop() < 2_000)
  })

  it('read both forms of Retry-After', () => {
    const now = Date.parse('2026-01-01T00:00:00Z')
    assert.equal(retryAfterMs('7', now), 7_000)
    assert.equal(retryAfterMs('Thu, 01 Jan 2026 00:00:05 GMT', now), 5_000)
    assert.equal(retryAfterMs('Wed, 31 Dec 2025 00:00:00 GMT', now), 0)
    assert.equal(retryAfterMs('soon', now), undefined)
    assert.equal(retryAfterMs(null, now), undefined)
  })
})
