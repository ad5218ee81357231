import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { newId, type AdminGeneration, type GenerationStory, type OwnerLane, type QueueState } from '@atelier/contracts'
import { eventually } from '@atelier/testing'
import { requeueOverdue } from '../src/generations/requeue-overdue.js'
import { claimed, poisoned, queued, workerReport } from './support/admin-parts.js'
import { startTestApi, type TestApi } from './support/test-api.js'

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.close())

const get = async (path: string) => {
  const { status, body } = await api.send('GET', `/v1/admin${path}`, { as: api.admin })
  assert.equal(status, 200, JSON.stringify(body))
  return body
}
const post = (path: string, body?: object) =>
  api.send('POST', `/v1/admin${path}`, { as: api.admin, ...(body && { body }) })
const ids = async (query: string): Promise<string[]> =>
  (await get(`/generations?${query}`)).data.map(({ id }: AdminGeneration) => id)

describe('the list of generations', () => {
  it('is narrowed by each filter and by the beginning of ids', async () => {
    const ended = await queued(api)
    await api.finish(ended)
    const failed = await queued(api, { as: api.ben, model: 'ace-other' })
    const workerId = newId('worker')
    await api.database.work.fail(await claimed(api.database, failed, workerId), {
      code: 'model_failed',
      message: 'No.',
    })
    const waiting = await queued(api)
    const [row] = (await get(`/generations?search=${waiting}`)).data as AdminGeneration[]
    assert.deepEqual(
      [row!.ownerId, row!.workerId, row!.parkedAt, row!.poison, row!.retryOf],
      [api.anna.ownerId, null, null, false, null],
    )
    assert.ok(!('queueTag' in row!) && !('lcu' in row!))
    for (const [query, expected] of [
      ['status=succeeded', [ended]],
      [`owner=${api.ben.ownerId}`, [failed]],
      [`worker=${workerId}`, [failed]],
      ['model=ace-other', [failed]],
      ['code=model_failed', [failed]],
      ['code=worker_lost', []],
      [`session=${row!.sessionId}`, [waiting]],
      [`search=${waiting.slice(4, 14)}`, [waiting]],
      [`search=${row!.turnId}`, [waiting]],
      [`search=${row!.sessionId.slice(0, 12)}`, [waiting]],
      [`search=${workerId}`, [failed]],
      [`search=${api.ben.ownerId}&status=failed`, [failed]],
      ['search=gen', []],
      ['status=queued&parked=false', [waiting]],
      ['parked=true', []],
    ] as const)
      assert.deepEqual(await ids(query), expected, query)
    const first = await get('/generations?limit=2')
    const second = await get(`/generations?limit=2&cursor=${first.nextCursor}`)
    assert.deepEqual(
      [...first.data, ...second.data].map(({ id }: AdminGeneration) => id),
      [waiting, failed, ended],
    )
    for (const bad of ['search=%25', 'status=lost', 'code=x', 'parked=1', 'owner=ses_0000000000000000'])
      assert.equal((await api.send('GET', `/v1/admin/generations?${bad}`, { as: api.admin })).status, 400, bad)
    await post(`/generations/${waiting}/cancel`)
  })
})

describe('the story of a generation', () => {
  it('has every attempt with its worker, what happened, and what operators did', async () => {
    const id = await queued(api)
    const [first, second] = [newId('worker'), newId('worker')]
    const failure = { code: 'model_failed' as const, message: 'It failed.' }
    // another worker that could try it
    await api.database.work.report(workerReport({ id: second }))
    await api.database.work.tryElsewhere(await claimed(api.database, id, first), first, failure)
    await api.database.work.release(await claimed(api.database, id, second))
    await claimed(api.database, id, second)
    await claimed(api.database, id, first)
    await api.finish(id)
    const retried = (await post(`/generations/${id}/retry`)).body.id as string
    const story = (await get(`/generations/${id}`)) as GenerationStory
    assert.deepEqual(
      story.attempts.map(({ attempt, workerId, outcome, error }) => [attempt, workerId, outcome, error]),
      [
        [1, first, 'elsewhere', failure],
        [2, second, 'released', null],
        [3, second, 'lost', null],
        [4, first, 'lost', null],
        [5, 'wrk_0000000000000000', 'succeeded', null],
      ],
    )
    assert.ok(story.attempts.every(({ startedAt, endedAt }) => endedAt !== null && endedAt >= startedAt))
    assert.deepEqual(
      story.events.map(({ type, attempt }) => [type, attempt]),
      [
        ['generation-queued', 0],
        ['generation-started', 1],
        ['generation-queued', 1],
        ['generation-started', 2],
        ['generation-queued', 2],
        ['generation-started', 3],
        ['generation-started', 4],
        ['generation-started', 5],
        ['generation-succeeded', null],
      ],
    )
    const { generation, instruction, ownerName, retries, actions } = story
    assert.deepEqual([instruction, ownerName, retries], ['a red ball', 'Anna', [retried]])
    assert.deepEqual(
      actions.map(({ action }) => action),
      ['POST /v1/admin/generations/:id/retry'],
    )
    assert.deepEqual([generation.status, generation.position, generation.lcu.length], ['succeeded', null, 1])
    const picture = await api.app.inject(new URL(generation.images[0]!.url, 'http://localhost').href)
    assert.equal(picture.statusCode, 200)
    assert.equal((await get(`/generations/${retried}`)).generation.retryOf, id)
    await post(`/generations/${retried}/cancel`)
  })

  it('is of a generation that there is', async () => {
    assert.equal((await api.send('GET', '/v1/admin/generations/gen_0000000000000000', { as: api.admin })).status, 404)
  })
})

describe('the running order', () => {
  it('parks and unparks what is queued, and nothing else', async () => {
    const id = await queued(api)
    const parked = await post(`/generations/${id}/park`)
    assert.deepEqual([parked.status, parked.body.status], [200, 'queued'])
    assert.ok(parked.body.parkedAt)
    assert.deepEqual(await ids('parked=true'), [id])
    assert.equal(await api.queue.has(id), false)
    assert.equal(await api.database.work.claim(id, newId('worker')), null)
    await api.sql("UPDATE generations SET queued_at = now() - interval '1 hour' WHERE id = $1", [id])
    assert.equal(await requeueOverdue(api), 0)
    const { position, etaSeconds } = (await api.send('GET', `/v1/generations/${id}`)).body
    assert.deepEqual([position, etaSeconds], [null, null])
    assert.equal((await post(`/generations/${id}/front`)).body.error.code, 'not_queued')
    assert.equal((await post(`/generations/${id}/unpark`)).body.id, id)
    assert.equal(await api.queue.has(id), true)
    assert.equal((await post(`/generations/${id}/unpark`)).body.error.code, 'not_parked')
    await claimed(api.database, id)
    assert.equal((await post(`/generations/${id}/park`)).body.error.code, 'not_queued')
    assert.equal((await post(`/generations/${id}/cancel`)).status, 200)
    await api.database.work.cancelled({ id, attempt: 1 })
    for (const name of ['park', 'front', 'unpark', 'cancel'])
      assert.equal((await post(`/generations/${id}/${name}`)).status, 409, name)
    assert.equal((await post('/generations/gen_0000000000000000/park')).status, 404)
  })

  it('cancels a parked one for good', async () => {
    const id = await queued(api)
    await post(`/generations/${id}/park`)
    assert.equal((await post(`/generations/${id}/cancel`)).body.status, 'cancelled')
    assert.equal((await post(`/generations/${id}/unpark`)).status, 409)
    assert.deepEqual(await ids('parked=true'), [])
  })

  it('puts a poison job back once, as a new generation with its seed', async () => {
    const id = await queued(api)
    await poisoned(api.database, id)
    assert.deepEqual(await ids('poison=true'), [id])
    const { status, body } = await post(`/generations/${id}/unpark`)
    assert.deepEqual([status, body.status, body.retryOf], [200, 'queued', id])
    const old = (await get(`/generations/${id}`)).generation
    assert.deepEqual([old.status, old.seed, old.poison], ['failed', body.seed, false])
    assert.equal(await api.queue.has(body.id), true)
    assert.deepEqual(await ids('poison=true'), [])
    assert.equal((await post(`/generations/${id}/unpark`)).body.error.code, 'not_parked')
    await post(`/generations/${body.id}/cancel`)
  })

  it('moves a generation to the front, in the database and in the queue', async () => {
    const session = await api.session()
    const made: string[] = []
    for (let n = 0; n < 4; n++) made.push(await queued(api, { session }))
    assert.equal((await post(`/generations/${made[3]}/front`)).status, 200)
    assert.equal((await post(`/generations/${made[2]}/front`)).status, 200)
    const positions = await Promise.all(
      made.map(async (id) => (await api.send('GET', `/v1/generations/${id}`)).body.position as number),
    )
    assert.deepEqual(
      positions.map((position) => position < 2),
      [false, false, true, true],
    )
    await Promise.all(made.map((id) => post(`/generations/${id}/cancel`)))
  })
})

describe('the queue', () => {
  it('says what waits and runs, by model and by owner', async () => {
    const [one, two] = [await queued(api), await queued(api, { as: api.ben, model: 'ace-other' })]
    const three = await queued(api)
    await claimed(api.database, three)
    await post(`/generations/${two}/park`)
    const { lanes, pausedModels, paused } = (await get('/queue')) as QueueState
    const counts = ({ waiting, parked, running }: Omit<OwnerLane, 'ownerId' | 'name'>) => [waiting, parked, running]
    assert.deepEqual([paused, pausedModels], [false, []])
    assert.deepEqual(
      lanes.map((lane) => [lane.model, lane.priority, ...counts(lane)]),
      [
        ['ace-other', 'interactive', 0, 1, 0],
        ['ace-test', 'interactive', 1, 0, 1],
      ],
    )
    assert.ok(lanes[1]!.oldestWaitSeconds! >= 0 && lanes[0]!.oldestWaitSeconds === null)
    const owners = await get('/queue/owners')
    assert.deepEqual(
      [owners.total, owners.data.map((lane: OwnerLane) => [lane.name, ...counts(lane)])],
      [
        2,
        [
          ['Anna', 1, 0, 1],
          ['Ben', 0, 1, 0],
        ],
      ],
    )
    assert.deepEqual(
      [(await get('/queue/owners?limit=1')).data.length, (await get('/queue/owners?limit=1')).total],
      [1, 2],
    )
    for (const id of [one, two, three]) await post(`/generations/${id}/cancel`)
  })

  it('pauses and resumes one model, and all', async () => {
    const [held, other] = [await queued(api, { model: 'ace-other' }), await queued(api)]
    assert.equal((await post('/queue/pause', { model: 'nothing' })).body.error.code, 'unknown_model')
    const { body } = await post('/queue/pause', { model: 'ace-other' })
    assert.deepEqual([body.paused, body.pausedModels[0].model], [false, 'ace-other'])
    assert.equal(await api.database.work.claim(held, newId('worker')), null)
    await claimed(api.database, other)
    await api.queue.remove(held)
    await api.sql("UPDATE generations SET queued_at = now() - interval '1 hour' WHERE id = $1", [held])
    assert.equal(await requeueOverdue(api), 0)
    assert.deepEqual((await post('/queue/resume', { model: 'ace-other' })).body.pausedModels, [])
    await eventually('it is in the queue again', () => api.queue.has(held))
    await claimed(api.database, held)
    assert.equal((await post('/queue/pause')).body.paused, true)
    assert.equal((await post('/queue/resume', {})).body.paused, false)
  })

  it('is written down with the id of what was changed, and kept from others', async () => {
    const id = await queued(api)
    for (const path of [
      '/queue/pause',
      `/generations/${id}/park`,
      `/generations/${id}/front`,
      `/generations/${id}/unpark`,
    ])
      assert.equal((await api.send('POST', `/v1/admin${path}`)).status, 403, path)
    assert.equal((await api.send('GET', `/v1/admin/generations/${id}`)).status, 403)
    await post(`/generations/${id}/park`)
    const { data } = await get(`/actions?target=${id}`)
    assert.deepEqual(
      data.map(({ action, status }: { action: string; status: number }) => [action, status]),
      [['POST /v1/admin/generations/:id/park', 200]],
    )
  })
})
