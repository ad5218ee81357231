import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { newId, type ErrorBody, type Limits, type OwnerLimits } from '@atelier/contracts'
import { io, type Socket } from 'socket.io-client'
import { eventually } from '@atelier/testing'
import { exported, imported } from '../support/archives.js'
import { multipart, startTestApi, uploaded, type Person, type TestApi } from '../support/test-api.js'

const limits: OwnerLimits = {
  waiting: 10,
  running: 2,
  sessions: 8,
  turnsPerSession: 12,
  images: 30,
  bytes: 200_000,
  keys: 3,
  sockets: 2,
  joinedSessions: 2,
  imports: 2,
  decodes: 2,
}

describe('the limits of one owner', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await startTestApi((d) => d, {}, limits)
  })
  afterAll(() => api.close())

  const somebody = async (name: string): Promise<Person> => {
    const { token, ownerId } = await api.database.admin.createKey({ name, scopes: ['user'] })
    return { token, ownerId, headers: { authorization: `Bearer ${token}` } }
  }
  const used = async (as: Person) => {
    const body = (await api.send('GET', '/v1/limits', { as })).body as Limits
    return Object.fromEntries(Object.entries(body).map(([name, { used: n }]) => [name, n]))
  }
  const turn = (as: Person, session: string, parameters: object = {}) =>
    api.send('POST', `/v1/sessions/${session}/turns`, {
      as,
      body: { instruction: 'x', images: [], parentTurnId: null, parameters },
    })
  const codes = (answers: readonly { status: number; body: any }[]) => {
    const counts: Record<string, number> = {}
    for (const { status, body } of answers) {
      const name = status < 300 ? String(status) : `${status} ${body.error.code}`
      counts[name] = (counts[name] ?? 0) + 1
    }
    return counts
  }

  it('are shown with what is used', async () => {
    const cleo = await somebody('Cleo')
    const { status, body } = await api.send('GET', '/v1/limits', { as: cleo })
    assert.equal(status, 200)
    const shown = Object.fromEntries(Object.entries(body as Limits).map(([name, { limit }]) => [name, limit]))
    assert.deepEqual(shown, limits)
    const session = await api.session(cleo)
    await turn(cleo, session, { count: 4 })
    const picture = await uploaded(api, 64, 64, { as: cleo })
    const zero = { running: 0, sockets: 0, joinedSessions: 0, imports: 0, decodes: 0 }
    assert.deepEqual(await used(cleo), {
      ...zero,
      waiting: 4,
      sessions: 1,
      turnsPerSession: 1,
      images: 5,
      bytes: picture.bytes,
      keys: 1,
    })
  })

  it('hold against 100 parallel turns, which write nothing beyond; cancelling gives room', async () => {
    const cleo = await somebody('Cleo')
    const session = await api.session(cleo)
    const before = await api.count()
    const answers = await Promise.all(Array.from({ length: 100 }, () => turn(cleo, session)))
    const seen = codes(answers)
    assert.ok(seen['202']! <= 10 && seen['429 queue_full']! >= 1, JSON.stringify(seen))
    // on a busy machine some give up waiting for a connection to the database: their places are free
    const others = Object.keys(seen).filter((name) => !['202', '429 queue_full', '503 unavailable'].includes(name))
    assert.deepEqual(others, [])
    for (let n = seen['202']!; n < 10; n += 1) assert.equal((await turn(cleo, session)).status, 202)
    assert.equal((await turn(cleo, session)).status, 429)
    const after = await api.count()
    for (const table of ['turns', 'generations']) assert.equal(after[table]! - before[table]!, 10, table)
    assert.equal(after.events! - before.events!, 20)
    for (const { status, headers, body } of answers) {
      if (status !== 429) continue
      const seconds = Number(headers['retry-after'])
      assert.ok(seconds >= 1 && seconds <= 3600, `Retry-After: ${String(headers['retry-after'])}`)
      assert.equal(body.error.details.limit, 'waiting')
    }
    // a turn that fits only in part does not fit
    const first = answers.find(({ status }) => status === 202)
    await api.send('POST', `/v1/generations/${first!.body.generations[0].id}/cancel`, { as: cleo })
    assert.equal((await turn(cleo, session, { count: 2 })).status, 429)
    assert.equal((await turn(cleo, session)).status, 202)
    // a retry counts like a turn
    const ended = first!.body.generations[0].id
    assert.equal((await api.send('POST', `/v1/generations/${ended}/retry`, { as: cleo })).body.error.code, 'queue_full')
    assert.equal((await turn(api.ben, await api.session(api.ben))).status, 202, 'others have their own')
  })

  it('asks to come back when a place will be free, from measured times', async () => {
    const cleo = await somebody('Cleo')
    const session = await api.session(cleo)
    const done = await turn(cleo, session)
    const { id } = done.body.generations[0] as { id: string }
    const claim = (await api.database.work.claim(id, newId('worker')))!
    await api.sql(`UPDATE generations SET started_at = started_at - interval '2.5 seconds' WHERE id = $1`, [id])
    await api.database.work.succeed(claim, { images: [], timings: {}, device: 'cpu' })
    for (let n = 0; n < 10; n += 1) await turn(cleo, session)
    // one that has been silent for 30 s does no work
    await api.database.work.report({
      id: newId('worker'),
      state: 'ready',
      device: 'cpu',
      deviceRequested: 'cpu',
      deviceFallback: null,
      loading: null,
      unhealthyReason: null,
      models: ['ace-test'],
      hostname: 'here',
      pid: 1,
      generationId: null,
      startedAt: new Date().toISOString(),
    })
    const [{ seconds: each }] = (await api.sql<{ seconds: number }>(
      `SELECT extract(epoch FROM finished_at - started_at)::float8 AS seconds FROM generations WHERE id = $1`,
      [id],
    )) as [{ seconds: number }]
    // the first of these that waits follows those of others that wait already
    const refused = await turn(cleo, session)
    const waiting = (await api.database.admin.generations({ status: 'queued', limit: 100 })).data
    const head = waiting.filter((row) => row.ownerId === cleo.ownerId).toSorted((a, b) => a.queueTag - b.queueTag)[0]!
    const place = (await api.send('GET', `/v1/generations/${head.id}`, { as: cleo })).body
    const seconds = Number(refused.headers['retry-after'])
    assert.ok(place.etaSeconds > 2, `${place.etaSeconds}`)
    // the place is free when that one starts: one generation before it has ended
    assert.ok(Math.abs(seconds - (place.etaSeconds - each)) <= 1.5, `${seconds} s, and ${place.etaSeconds} s`)
  })

  it('hold for sessions, turns in one, and keys, at any pace', async () => {
    const cleo = await somebody('Cleo')
    const made = await Promise.all(Array.from({ length: 30 }, () => api.send('POST', '/v1/sessions', { as: cleo })))
    assert.deepEqual(codes(made), { 201: 8, '409 limit_reached': 22 })
    const [first, second] = made.filter(({ status }) => status === 201).map(({ body }) => body.id as string)
    for (let n = 0; n < 12; n += 1) {
      const { body } = await turn(cleo, first!)
      await api.send('POST', `/v1/generations/${body.generations[0].id}/cancel`, { as: cleo })
    }
    const more = await Promise.all(Array.from({ length: 8 }, () => turn(cleo, first!)))
    assert.deepEqual(codes(more), { '409 limit_reached': 8 })
    assert.equal(more[0]!.body.error.details.limit, 'turnsPerSession')
    assert.equal((await turn(cleo, second!)).status, 202)
    // neither a fork nor an import passes
    const fork = { turnId: (await api.send('GET', `/v1/sessions/${second}`, { as: cleo })).body.turns[0].id }
    const forked = await api.send('POST', `/v1/sessions/${second}/fork`, { as: cleo, body: fork })
    assert.equal(forked.body.error.code, 'limit_reached')
    const { rawPayload: zip } = await exported(api, first!, cleo)
    const before = await api.count()
    assert.equal((await imported(api, zip, cleo)).body.error.code, 'limit_reached')
    assert.deepEqual(await api.count(), before)
    // deleting gives room again
    assert.equal((await api.send('DELETE', `/v1/sessions/${second}`, { as: cleo })).status, 204)
    assert.equal((await imported(api, zip, cleo)).status, 201)
    const { ownerId } = cleo
    const keys = await Promise.all(
      Array.from({ length: 6 }, () =>
        api.send('POST', '/v1/admin/keys', { as: api.admin, body: { name: 'more', ownerId } }),
      ),
    )
    assert.deepEqual(codes(keys), { 201: 2, '409 limit_reached': 4 })
    const key = keys.find(({ status }) => status === 201)
    const rotated = await api.send('POST', `/v1/admin/keys/${key!.body.id}/rotate`, { as: api.admin, body: {} })
    assert.equal(rotated.body.error?.code, 'limit_reached')
    await api.send('DELETE', `/v1/admin/keys/${key!.body.id}`, { as: api.admin })
    const again = await api.send('POST', '/v1/admin/keys', { as: api.admin, body: { name: 'more', ownerId } })
    assert.equal(again.status, 201)
  })

  it('hold for images and bytes, uploaded, imported, outpainted or still to be made', async () => {
    const [cleo, dan] = [await somebody('Cleo'), await somebody('Dan')]
    const { default: sharp } = await import('sharp')
    // noise cannot be packed, however it is stored
    const file = () =>
      sharp(randomBytes(160 * 100 * 3), { raw: { width: 160, height: 100, channels: 3 } })
        .png({ compressionLevel: 0 })
        .toBuffer()
    const sizes: number[] = []
    let refused: Awaited<ReturnType<TestApi['upload']>> | undefined
    for (let n = 0; n < 8 && !refused; n += 1) {
      const answer = await api.upload(await file(), { as: cleo })
      if (answer.status === 201) sizes.push(answer.body.bytes)
      else refused = answer
    }
    assert.deepEqual([refused?.status, refused?.body.error.code], [413, 'storage_full'])
    const total = sizes.reduce((sum, bytes) => sum + bytes, 0)
    assert.ok(total <= limits.bytes && total + sizes[0]! > limits.bytes)
    const before = await api.count()
    assert.equal((await api.upload(await file(), { as: cleo })).status, 413)
    assert.deepEqual(await api.count(), before)
    assert.equal((await used(cleo)).bytes, total)

    // Dan's conversation with such a picture does not fit beside Cleo's
    const session = await api.session(dan)
    const { id: imageId } = (await api.upload(await file(), { as: dan })).body
    await api.send('POST', `/v1/sessions/${session}/turns`, {
      as: dan,
      body: { instruction: 'x', images: [{ imageId }] },
    })
    const { rawPayload: zip } = await exported(api, session, dan)
    const rows = await api.count()
    const copy = await imported(api, zip, cleo)
    assert.deepEqual([copy.status, copy.body.error.code], [413, 'storage_full'])
    assert.deepEqual(await api.count(), rows)

    // 30 images at most: one is there, one will be made, 28 uploads of masks at once fit beside 4 more
    const masks = []
    for (let n = 0; n < 28; n += 1) {
      // equal ones would be one image
      const drawn = sharp(randomBytes(32 * 32), { raw: { width: 32, height: 32, channels: 1 } })
      const answer = await api.upload(await drawn.threshold(128).png().toBuffer(), { as: dan, purpose: 'mask' })
      assert.equal(answer.status, 201, JSON.stringify(answer.body))
      masks.push(answer.body as { id: string })
    }
    assert.equal((await used(dan)).images, limits.images)
    assert.equal((await turn(dan, session)).body.error.code, 'limit_reached')
    const grown = await api.send('POST', `/v1/images/${imageId}/outpaint`, { as: dan, body: { top: 0.5 } })
    assert.equal(grown.status, 409)
    assert.equal((await used(dan)).images, limits.images)
    await api.send('DELETE', `/v1/images/${masks[0]!.id}`, { as: dan })
    assert.equal((await turn(dan, session)).status, 202)
  })

  it('hold for uploads, imports, streams and sockets at once', async () => {
    const cleo = await somebody('Cleo')
    const session = await api.session(cleo)
    const url = await api.listen()
    const open: AbortController[] = []
    const stream = async () => {
      const abort = new AbortController()
      open.push(abort)
      return fetch(`${url}/v1/sessions/${session}/events`, { headers: cleo.headers, signal: abort.signal })
    }
    assert.deepEqual([(await stream()).status, (await stream()).status], [200, 200])
    const third = await stream()
    assert.equal(third.status, 429)
    assert.ok(Number(third.headers.get('retry-after')) >= 1)
    const { error } = (await third.json()) as ErrorBody
    assert.deepEqual([error.code, (error.details as { used: number }).used], ['too_many_at_once', 2])
    for (const abort of open) abort.abort()
    await eventually('the streams are counted off', async () => (await used(cleo)).sockets === 0)

    const sockets: Socket[] = []
    const connect = () =>
      new Promise<Socket | { code: string }>((resolve) => {
        const socket = io(url, { auth: { token: cleo.token }, transports: ['websocket'], reconnection: false })
        sockets.push(socket)
        socket.on('connect', () => resolve(socket))
        socket.on('connect_error', (error) =>
          resolve((error as unknown as { data: { error: { code: string } } }).data.error),
        )
      })
    const first = (await connect()) as Socket
    assert.ok((await connect()) instanceof Object)
    assert.equal(((await connect()) as { code: string }).code, 'too_many_at_once')
    const others = [await api.session(cleo), await api.session(cleo)]
    const join = (sessionId: string) => first.emitWithAck('session:join', { sessionId })
    for (const id of [session, others[0]!, session, session]) assert.ok((await join(id)).session, 'joins again')
    assert.equal((await join(others[1]!)).error.code, 'too_many_at_once')
    assert.equal((await join(newId('session'))).error.code, 'too_many_at_once')
    await first.emitWithAck('session:leave', { sessionId: session })
    assert.equal((await join(newId('session'))).error.code, 'not_found')
    assert.ok((await join(others[1]!)).session)
    assert.deepEqual([(await used(cleo)).sockets, (await used(cleo)).joinedSessions], [2, 2])
    for (const socket of sockets) socket.disconnect()
    await eventually('the sockets are counted off', async () => {
      const now = await used(cleo)
      return now.sockets === 0 && now.joinedSessions === 0
    })

    const uploads = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const { payload, headers } = multipart(Buffer.alloc(400_000, 'x'))
        return fetch(`${url}/v1/images`, { method: 'POST', body: payload, headers: { ...cleo.headers, ...headers } })
      }),
    )
    assert.ok(uploads.some(({ status }) => status === 429))
    assert.ok(uploads.some(({ status }) => status === 415))
    const { rawPayload: zip } = await exported(api, session, cleo)
    const imports = await Promise.all(Array.from({ length: 12 }, () => imported(api, zip, cleo)))
    const seen = codes(imports)
    assert.ok((seen['201'] ?? 0) >= 1 && (seen['429 too_many_at_once'] ?? 0) >= 1, JSON.stringify(seen))
    await eventually('all is counted off', async () => {
      const now = await used(cleo)
      return now.decodes === 0 && now.imports === 0
    })
  })
})
