import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import type { AdminHealth, GenerationChange, Worker } from '@atelier/contracts'
import { openConsumer } from '@atelier/queue'
import { cleanUpAfterEach, eventually } from '@atelier/testing'
import { claimed, queued, workerReport } from './support/admin-parts.js'
import { readStream, type StreamEvent } from './support/read-stream.js'
import { startTestApi, type TestApi } from './support/test-api.js'

const cleanUp = cleanUpAfterEach()
let api: TestApi
let url: string
const down = { database: false, objects: false }
/** How often the database was looked at. */
let looks = 0
/** True: notices that a key has changed are lost. */
let deaf = false
const unless = (part: keyof typeof down, check: () => Promise<void>) => async () => {
  if (part === 'database') looks += 1
  if (down[part]) throw new Error('It does not answer.')
  await check()
}
beforeAll(async () => {
  api = await startTestApi((d) => ({
    ...d,
    database: {
      ...d.database,
      check: unless('database', () => d.database.check()),
      listen: async () => {
        const wakeups = await d.database.listen()
        return { ...wakeups, onKeyChange: (hear) => wakeups.onKeyChange((id) => deaf || hear(id)) }
      },
    },
    objects: Object.assign(Object.create(d.objects) as typeof d.objects, {
      check: unless('objects', () => d.objects.check()),
    }),
  }))
  url = await api.listen()
})
afterAll(() => api.close())

const post = (path: string, body?: object) =>
  api.send('POST', `/v1/admin${path}`, { as: api.admin, ...(body && { body }) })
/** Asks until the answer, which is shared for a second, fits. */
const health = (fits: (health: AdminHealth) => boolean) =>
  eventually('the health is as it should be', async () => {
    const { body } = await api.send('GET', '/v1/admin/health', { as: api.admin })
    return fits(body as AdminHealth) && (body as AdminHealth)
  })
const part = ({ parts }: AdminHealth, kind: string, name = kind) =>
  parts.find((each) => each.kind === kind && each.name === name)

describe('the health for operators', () => {
  it('says which part is not well, since when, why, and what to do next', async () => {
    assert.ok(looks > 0, 'it has looked before anybody asked')
    const { checkedAt } = await health(() => true)
    const id = await queued(api)
    // a look may have read the models just before the generation was there
    const alone = await health((now) => now.work?.waiting === 1 && part(now, 'model', 'ace-test')?.status === 'down')
    assert.equal(alone.status, 'degraded')
    assert.ok(part(alone, 'database')!.since <= checkedAt, 'it remembers since when')
    assert.deepEqual(
      [part(alone, 'model', 'ace-test')?.status, part(alone, 'model', 'ace-other')?.status],
      ['down', 'degraded'],
    )
    assert.match(alone.summary, /^The model ace-test is down since 20.*No worker serves it, and 1 wait.*Start a worker/)
    const report = workerReport()
    await api.database.work.report(report)
    const well = await health(({ status }) => status === 'ok')
    assert.equal(well.summary, 'Everything works.')
    assert.deepEqual(
      well.parts.map(({ kind }) => kind),
      ['database', 'queue', 'objects', 'model', 'model', 'worker'],
    )
    const { since } = part(well, 'objects')!
    down.objects = true
    const first = await health(({ parts }) => parts[0]!.kind === 'objects')
    const then = await health(({ checkedAt }) => checkedAt > first.checkedAt)
    down.objects = false
    const broken = part(then, 'objects')!
    assert.deepEqual([then.status, broken.status, broken.since], ['degraded', 'down', part(first, 'objects')!.since])
    assert.ok(broken.since > since && broken.next)
    // one that has been silent for 30 s is lost
    await api.database.work.report(report)
    assert.equal((await health(({ status }) => status === 'ok')).parts.length, 6)
    await api.sql("UPDATE workers SET last_seen_at = now() - interval '31 seconds'")
    const lost = await health(({ parts }) => parts.some(({ kind, status }) => kind === 'worker' && status === 'down'))
    assert.match(part(lost, 'worker', report.id)!.reason!, /has not reported/)
    assert.equal(part(lost, 'model', 'ace-test')!.status, 'down')
    await api.database.work.report(report)
    await post('/queue/pause')
    await post('/queue/pause', { model: 'ace-other' })
    const paused = await health(
      (now) => part(now, 'queue')!.status === 'degraded' && part(now, 'model', 'ace-other')!.status === 'degraded',
    )
    assert.match(part(paused, 'queue')!.reason!, /paused/)
    assert.match(part(paused, 'model', 'ace-other')!.reason!, /paused/)
    await post('/queue/resume')
    await post('/queue/resume', { model: 'ace-other' })
    await api.database.work.fail(await claimed(api.database, id), { code: 'model_failed', message: 'No.' })
    const after = await health(({ work }) => work!.failedLastHour === 1)
    assert.deepEqual([after.work!.waiting, after.work!.running, after.work!.oldestWaitSeconds], [0, 0, null])
  })

  it('is only for operators', async () => {
    for (const path of ['health', 'events', 'workers', 'queue', 'queue/owners'])
      assert.equal((await api.send('GET', `/v1/admin/${path}`)).status, 403, path)
  })
})

describe('workers', () => {
  it('hear of what is wanted of them with their next report, and show what they run', async () => {
    const report = workerReport()
    assert.deepEqual(await api.database.work.report(report), { drain: false, restarts: 0 })
    assert.equal((await post(`/workers/${report.id}/drain`)).body.drain, true)
    const { body } = await post(`/workers/${report.id}/restart`)
    assert.deepEqual([body.drain, body.restarting], [true, true])
    const id = await queued(api)
    await claimed(api.database, id, report.id)
    await api.database.work.step({ id, attempt: 1 }, 3)
    const busy = { ...report, state: 'draining' as const, generationId: id, version: '0.1.0', memoryBytes: 3e9 }
    assert.deepEqual(await api.database.work.report(busy), { drain: true, restarts: 1 })
    const shown = async () =>
      ((await api.send('GET', '/v1/admin/workers', { as: api.admin })).body.data as Worker[]).find(
        (worker) => worker.id === report.id,
      )!
    const worker = await shown()
    assert.deepEqual(
      [worker.state, worker.version, worker.memoryBytes, worker.restarting],
      ['draining', '0.1.0', 3e9, true],
    )
    const { startedAt, ...generation } = worker.generation!
    assert.ok(startedAt && worker.stateSince! <= worker.lastSeenAt)
    const place = { id, ownerId: api.anna.ownerId, model: 'ace-test', attempt: 1, step: 3, steps: 20 }
    assert.deepEqual({ ...generation, sessionId: '' }, { ...place, sessionId: '' })
    await api.database.work.report({ ...busy, restarted: 1 })
    const again = await shown()
    assert.deepEqual([again.restarting, again.stateSince], [false, worker.stateSince])
    assert.equal((await post(`/workers/${report.id}/undrain`)).body.drain, false)
    assert.equal((await post('/workers/wrk_0000000000000000/drain')).status, 404)
    assert.equal((await api.send('POST', `/v1/admin/workers/${report.id}/drain`)).status, 403)
    await api.database.work.fail({ id, attempt: 1 }, { code: 'model_failed', message: 'No.' })
    await api.database.work.forget(report.id)
  })
})

describe('the events for operators', () => {
  const watch = (enough: (events: StreamEvent[]) => boolean, during?: () => Promise<unknown>) =>
    readStream(`${url}/v1/admin/events`, api.admin.headers, enough, during)
  const changes = (events: StreamEvent[]) =>
    events.flatMap(({ event, data }) => (event === 'generations' ? (data.data as GenerationChange[]) : []))

  it('begin with how things stand and tell what any process changes', async () => {
    const report = workerReport()
    let id = ''
    const seen = await watch(
      (events) =>
        changes(events).some((change) => change.id === id && change.status === 'failed') &&
        events.some(({ event, data }) => event === 'workers' && data.data.some((w: Worker) => w.id === report.id)) &&
        events.some(({ event }) => event === 'action'),
      async () => {
        id = await queued(api)
        // as another process does it: nothing but the database knows
        await api.database.work.report(report)
        await api.database.work.fail(await claimed(api.database, id), { code: 'model_failed', message: 'No.' })
        const asked = { ownerId: api.admin.ownerId, keyId: 'key_0000000000000000', requestId: 'r', address: 'a' }
        const entry = await api.database.admin.actions.begin({ ...asked, action: 'x', target: null, body: null })
        await api.database.admin.actions.end(entry, 200)
      },
    )
    assert.deepEqual(new Set(seen.slice(0, 3).map(({ event }) => event)), new Set(['health', 'queue', 'workers']))
    const last = changes(seen).findLast((change) => change.id === id)!
    assert.deepEqual([last.status, last.code, last.ownerId], ['failed', 'model_failed', api.anna.ownerId])
    await api.database.work.forget(report.id)
  })

  it('tell steps, and what is parked', async () => {
    const id = await queued(api)
    const other = await queued(api)
    let go: (value?: unknown) => void = () => {}
    const held = new Promise((resolve) => {
      go = resolve
    })
    const stepped = await watch(
      (events) => changes(events).some((c) => c.id === id && c.step === 7) && changes(events).some((c) => c.parkedAt),
      async () => {
        await post(`/generations/${other}/park`)
        const consumer = await openConsumer({ url: api.databaseUrl }, async (generationId, { report }) => {
          if (generationId !== id) return
          const claim = await claimed(api.database, id)
          await api.database.work.step(claim, 7)
          const { sessionId, turnId, attempt } = claim
          report({ generationId, sessionId, turnId, attempt, step: 7, steps: 20 })
          await held
        })
        cleanUp(async () => {
          go()
          await consumer.close()
        })
        await api.queue.add(id)
      },
    )
    assert.equal(changes(stepped).find((change) => change.parkedAt)!.id, other)
  })

  it('come at most once a second, however much happens', async () => {
    const began = performance.now()
    const made = new Set<string>()
    const told = (events: StreamEvent[]) => new Set(changes(events).map(({ id }) => id))
    const seen = await watch(
      (events) => made.size === 25 && [...made].every((id) => told(events).has(id)),
      async () => {
        while (made.size < 25) made.add(await queued(api))
      },
    )
    const seconds = (performance.now() - began) / 1000
    for (const name of ['generations', 'queue', 'workers', 'health']) {
      const count = seen.filter(({ event }) => event === name).length
      assert.ok(count >= 1 && count <= seconds + 1, `${count} of ${name} in ${seconds} s`)
    }
  })

  it('end when the key is revoked', async () => {
    const { body: key } = await post('/keys', { name: 'watcher', scopes: ['admin'] })
    const answer = await fetch(`${url}/v1/admin/events?token=${key.token}`)
    assert.match(String(answer.headers.get('content-type')), /^text\/event-stream/)
    const reader = answer.body!.getReader()
    assert.equal((await reader.read()).done, false)
    await api.database.admin.revokeKey(key.id as string)
    const began = Date.now()
    while (!(await reader.read()).done) assert.ok(Date.now() - began < 5000)
    assert.equal((await fetch(`${url}/v1/admin/events?token=${key.token}`)).status, 401)
  })

  it('end as well when the notice of it is lost, and the key is refused from then on', async () => {
    const { body: key } = await post('/keys', { name: 'watcher', scopes: ['admin'] })
    deaf = true
    cleanUp(() => {
      deaf = false
    })
    const reader = (await fetch(`${url}/v1/admin/events?token=${key.token}`)).body!.getReader()
    await api.database.admin.revokeKey(key.id as string)
    while (!(await reader.read()).done);
    assert.equal((await fetch(`${url}/v1/admin/events?token=${key.token}`)).status, 401)
  })

  it('say that the database is away', async () => {
    const seen = await watch(
      (events) => events.some(({ event, data }) => event === 'health' && data.status === 'unavailable'),
      async () => {
        down.database = true
      },
    )
    down.database = false
    const { parts, work, summary } = seen.findLast(({ event }) => event === 'health')!.data as AdminHealth
    assert.deepEqual([parts[0]!.kind, parts[0]!.status, work], ['database', 'down', null])
    assert.match(summary, /^The database is down since/)
  })
})
