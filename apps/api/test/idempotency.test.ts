import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { createTurnSchema } from '@atelier/contracts'
import { png, startTestApi, uploaded, type TestApi } from './support/test-api.js'

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.close())

describe('an Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'once-please' }

  it('gives a repeat the first answer', async () => {
    const url = `/v1/sessions/${await api.session()}/turns`
    const body = { instruction: 'a circle' }
    const first = await api.send('POST', url, { body, headers })
    const second = await api.send('POST', url, { body, headers })
    assert.deepEqual([first.status, second.status], [202, 202])
    assert.deepEqual(second.body, first.body)
    assert.deepEqual([first.headers['idempotent-replayed'], second.headers['idempotent-replayed']], [undefined, 'true'])
    const conflict = await api.send('POST', url, { body: { instruction: 'a square' }, headers })
    assert.deepEqual([conflict.status, conflict.body.error.code], [409, 'idempotency_conflict'])
    assert.equal((await api.send('GET', url.replace('/turns', ''))).body.turns.length, 1)
  })

  it('makes one turn of many requests at once', async () => {
    const session = await api.session()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        api.send('POST', `/v1/sessions/${session}/turns`, {
          body: { instruction: 'x' },
          headers: { 'idempotency-key': 'burst' },
        }),
      ),
    )
    assert.ok(answers.every(({ status }) => status === 202 || status === 409))
    assert.ok(answers.some(({ status }) => status === 202))
    assert.equal((await api.send('GET', `/v1/sessions/${session}`)).body.turns.length, 1)
  })

  it('answers with the turn of a process that died before it answered', async () => {
    const session = await api.session()
    const url = `/v1/sessions/${session}/turns`
    const use = { 'idempotency-key': 'died' }
    const route = 'POST /v1/sessions/:id/turns'
    // a process claims the key, makes the turn and dies: what a repeat finds is a key bound to a turn, without an
    // answer
    const owner = api.database.forOwner(api.anna.ownerId)
    const requestHash = createHash('sha256')
      .update(`POST ${url}\n${JSON.stringify(createTurnSchema.parse({ instruction: 'x' }))}`)
      .digest('hex')
    assert.deepEqual(await owner.idempotency.begin({ route, key: 'died', requestHash }), { state: 'new' })
    const turn = await owner.turns.insert({
      sessionId: session,
      instruction: 'x',
      images: [],
      history: { mode: 'lineage' },
      model: 'ace-test',
      generations: [
        {
          seed: 1,
          parameters: {
            width: 64,
            height: 64,
            steps: 20,
            guidanceScale: 4,
            guidanceRescale: 0,
            negativePrompt: '',
            sampler: 'ddim',
            guidanceInterval: null,
            speed: 'exact',
            keepUnmasked: false,
          },
        },
      ],
      idempotency: { route, key: 'died' },
    })
    const repeat = await api.send('POST', url, { body: { instruction: 'x' }, headers: use })
    assert.deepEqual([repeat.status, repeat.body.turn.id], [202, turn!.id])
    assert.deepEqual((await api.send('POST', url, { body: { instruction: 'x' }, headers: use })).body, repeat.body)
  })

  it('belongs to one owner and one route', async () => {
    const key = { 'idempotency-key': 'shared' }
    const [anna, ben] = [
      await api.send('POST', '/v1/sessions', { headers: key }),
      await api.send('POST', '/v1/sessions', { as: api.ben, headers: key }),
    ]
    assert.notEqual(anna.body.id, ben.body.id)
    assert.equal(
      (await api.send('POST', `/v1/sessions/${anna.body.id}/turns`, { body: { instruction: 'x' }, headers: key }))
        .status,
      202,
    )
    assert.equal((await api.send('POST', '/v1/sessions', { headers: key })).body.id, anna.body.id)
  })

  it('is free again after a failure', async () => {
    const url = `/v1/sessions/${await api.session()}/turns`
    const key = { 'idempotency-key': 'second-try' }
    assert.equal((await api.send('POST', url, { body: { instruction: ' ' }, headers: key })).status, 400)
    assert.equal((await api.send('POST', url, { body: { instruction: 'x' }, headers: key })).status, 202)
  })

  it('works for uploads and outpainting, with URLs that work', async () => {
    const key = { 'idempotency-key': 'picture' }
    const file = await png(20, 20)
    const [first, second] = [await api.upload(file, { headers: key }), await api.upload(file, { headers: key })]
    assert.deepEqual([first.status, second.status, second.body.id], [201, 201, first.body.id])
    assert.equal((await api.app.inject(second.body.url)).statusCode, 200)
    assert.equal((await api.upload(await png(21, 20), { headers: key })).status, 409)
    const grow = async () =>
      (await api.send('POST', `/v1/images/${first.body.id}/outpaint`, { body: { top: 1 }, headers: key })).body
    assert.equal((await grow()).mask.id, (await grow()).mask.id)
  })

  it('works for retries', async () => {
    const {
      body: {
        generations: [{ id }],
      },
    } = await api.send('POST', `/v1/sessions/${await api.session()}/turns`, { body: { instruction: 'x' } })
    assert.equal((await api.send('POST', `/v1/generations/${id}/retry`)).body.error.code, 'not_retryable')
    assert.equal((await api.send('POST', `/v1/generations/${id}/cancel`)).body.status, 'cancelled')
    assert.equal((await api.send('POST', `/v1/generations/${id}/cancel`)).body.error.code, 'not_cancellable')
    assert.equal(await api.queue.has(id), false)
    const retry = () => api.send('POST', `/v1/generations/${id}/retry`, { headers: { 'idempotency-key': 'again' } })
    const [first, second] = [await retry(), await retry()]
    assert.deepEqual([first.status, first.body.status], [202, 'queued'])
    assert.equal(second.body.id, first.body.id)
    assert.equal(await api.queue.has(first.body.id), true)
  })

  it('must be readable', async () => {
    await uploaded(api)
    for (const key of ['with space', 'x'.repeat(201)]) {
      assert.equal(
        (await api.send('POST', '/v1/sessions', { headers: { 'idempotency-key': key } })).body.error.code,
        'invalid_request',
      )
    }
  })
})
