import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { fileURLToPath } from 'node:url'
import { migrate, openDatabase } from '@atelier/database'
import type { Ready } from '@atelier/contracts'
import {
  eventually,
  FlakyProxy,
  freePort,
  quickest,
  sharedRedis,
  startTestPostgres,
  testUnless,
  type TestPostgres,
} from '@atelier/testing'
import { startApi } from '../src/index.js'
import { readStream, type StreamEvent } from './support/read-stream.js'
import { manifest } from './support/test-api.js'

let postgres: TestPostgres
let folder: string
let token: string
beforeAll(async () => {
  postgres = await startTestPostgres()
  folder = await mkdtemp(join(tmpdir(), 'atelier server '))
  await mkdir(join(folder, 'models', 'ace-test'), { recursive: true })
  await writeFile(join(folder, 'models', 'ace-test', 'manifest.json'), JSON.stringify(manifest))
  await migrate(postgres.url)
  const database = await openDatabase({ url: postgres.url })
  token = (await database.admin.createKey({ name: 'x', scopes: ['user', 'admin'] })).token
  await database.close()
})
afterAll(async () => {
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

const secret = 'y'.repeat(32)
const environment = () => ({
  PATH: process.env.PATH,
  HOST: '127.0.0.1',
  DATABASE_URL: postgres.url,
  OBJECTS_DIRECTORY: join(folder, 'objects'),
  URL_SIGNING_SECRET: secret,
  MODELS_DIRECTORY: join(folder, 'models'),
  DEFAULT_MODEL: 'ace-test',
})

/** Runs `server.js` until `during` is done, then stops it with SIGTERM. */
const withServer = (env: Record<string, string | undefined>, during: () => Promise<void>) =>
  runServer(env, during, Promise.resolve('anywhere'))

/**
 * Runs `server.js` until `during` is done with its address, then stops it with SIGTERM.
 *
 * @param during - is also told in how many milliseconds the process has started, which says how busy the machine is
 */
async function runServer(
  env: Record<string, string | undefined>,
  during: (url: string, startedMs: number) => Promise<void>,
  at?: Promise<string>,
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../src/server.js', import.meta.url))], { env })
  const spawned = performance.now()
  let output = ''
  const address = new Promise<string | null>((resolve) => {
    const read = (text: Buffer) => {
      output += text.toString()
      const [, url] = /Server listening at (http:[^"]+)"/.exec(output) ?? []
      if (url) resolve(url)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('exit', () => resolve(null))
  })
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', resolve)
  })
  try {
    const url = await (at ?? address)
    if (url) await during(url, performance.now() - spawned)
  } finally {
    child.kill('SIGTERM')
  }
  return { code: await ended, output }
}

describe('an API process', () => {
  it('serves until SIGTERM, then ends cleanly, and its log has no keys and no instructions', async () => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const { code, output } = await runServer({ ...environment(), PORT: '0' }, async (url) => {
      const { id } = (await (await fetch(`${url}/v1/sessions`, { method: 'POST', headers, body: '{}' })).json()) as any
      const body = JSON.stringify({ instruction: 'a very secret picture' })
      assert.equal((await fetch(`${url}/v1/sessions/${id}/turns`, { method: 'POST', headers, body })).status, 202)
      await readStream(`${url}/v1/sessions/${id}/events?token=${token}`, {}, (events) => events.length >= 2)
    })
    assert.equal(code, 0, output)
    assert.match(output, /\/v1\/sessions\/ses_\w+\/events/)
    assert.doesNotMatch(output, new RegExp(`${token}|${secret}|very secret`))
  })

  it('does not start without what it needs, and says what', async () => {
    const nothing = async () => {}
    const missing = await runServer({ ...environment(), DEFAULT_MODEL: 'ace-huge' }, nothing)
    assert.equal(missing.code, 1)
    assert.match(missing.output, /ace-huge is not in/)
    const wrong = await runServer({ ...environment(), PORT: 'eighty' }, nothing)
    assert.deepEqual([wrong.code, /PORT/.test(wrong.output)], [1, true])
  })
})

describe('two API processes beside each other', () => {
  it('tell operators what the other one changes', async () => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const post = async (url: string, body: object) => {
      const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
      assert.ok(answer.ok, await answer.clone().text())
      return (await answer.json()) as any
    }
    const env = { ...environment(), PORT: '0' }
    const check = async (watched: string, changed: string) => {
      const { id } = await post(`${changed}/v1/sessions`, {})
      const told = (events: StreamEvent[], event: string, fits: (data: any) => boolean) =>
        events.some((one) => one.event === event && fits(one.data))
      await readStream(
        `${watched}/v1/admin/events`,
        headers,
        (events) =>
          told(events, 'action', () => true) &&
          told(events, 'queue', ({ pausedModels }) => pausedModels.some((one: any) => one.model === 'ace-test')) &&
          told(events, 'generations', ({ data }) => data.some((one: any) => one.sessionId === id)),
        async () => {
          await post(`${changed}/v1/admin/queue/pause`, { model: 'ace-test' })
          await post(`${changed}/v1/sessions/${id}/turns`, { instruction: 'a red circle' })
        },
      )
      await post(`${changed}/v1/admin/queue/resume`, { model: 'ace-test' })
    }
    const { code, output } = await runServer(env, async (first) => {
      const second = await runServer(env, async (other) => {
        await check(first, other)
        await check(other, first)
      })
      assert.equal(second.code, 0, second.output)
    })
    assert.equal(code, 0, output)
  })
})

describe('an API process that starts while a part is away', () => {
  const redis = sharedRedis()
  const health = async (url: string) => {
    const answer = await fetch(`${url}/health/ready`)
    return { ...((await answer.json()) as Ready), code: answer.status }
  }

  it('waits for the database, alive and not ready, and serves when it is there', async () => {
    const proxy = await FlakyProxy.open(postgres.url)
    proxy.cut()
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const env = { ...environment(), DATABASE_URL: proxy.url, PORT: String(port) }
    const { code, output } = await withServer(env, async () => {
      const began = performance.now()
      await eventually('it is alive', () =>
        fetch(`${url}/health/live`).then(
          ({ ok }) => ok,
          () => false,
        ),
      )
      const most = Math.max(15_000, 5 * (performance.now() - began))
      assert.deepEqual([(await health(url)).code, (await health(url)).status], [503, 'unavailable'])
      const refused = await fetch(`${url}/v1/models`)
      const { error } = (await refused.json()) as any
      assert.deepEqual([refused.status, refused.headers.get('retry-after'), error.code], [503, '5', 'unavailable'])
      const back = Date.now()
      proxy.mend()
      await eventually(
        'it is ready',
        () =>
          health(url).then(
            ({ status }) => status === 'ok',
            () => false,
          ),
        most + 5_000,
      )
      assert.ok(Date.now() - back < most, `ready after ${Date.now() - back} ms`)
    })
    assert.equal(code, 0, output)
    await proxy.close()
  })

  it('ends at once when it is stopped while it waits', async () => {
    const port = await freePort()
    const env = { ...environment(), DATABASE_URL: `postgres://127.0.0.1:${await freePort()}/x`, PORT: String(port) }
    let [start, most] = [0, 0]
    const { code, output } = await withServer(env, async () => {
      const began = performance.now()
      const live = () =>
        fetch(`http://127.0.0.1:${port}/health/live`).then(
          ({ ok }) => ok,
          () => false,
        )
      await eventually('it is alive', live)
      start = performance.now()
      most = Math.max(3_000, start - began)
    })
    assert.deepEqual([code, performance.now() - start < most], [0, true], output)
  })

  testUnless(redis.missing)('serves without the queue, and tells it of what it missed when it is there', async () => {
    const proxy = await FlakyProxy.open(redis.url)
    proxy.cut()
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const env = { ...environment(), QUEUE_URL: proxy.url, QUEUE_NAME: `start-${process.pid}`, PORT: '0' }
    const { code, output } = await runServer(env, async (url, startedMs) => {
      let seen: unknown[] = []
      await eventually(
        () => `only the queue is away: ${seen.join()}`,
        async () => {
          const { code: status, ...parts } = await health(url)
          seen = [status, parts.status, parts.database, parts.queue]
          return seen.join() === '200,degraded,ok,down'
        },
      )
      const { id } = (await (await fetch(`${url}/v1/sessions`, { method: 'POST', headers, body: '{}' })).json()) as any
      const body = JSON.stringify({ instruction: 'a picture' })
      assert.equal((await fetch(`${url}/v1/sessions/${id}/turns`, { method: 'POST', headers, body })).status, 202)
      const most = Math.max(15_000, 5 * startedMs)
      const back = Date.now()
      proxy.mend()
      await eventually(
        'the job waits',
        async () => ((await (await fetch(`${url}/v1/admin/queue`, { headers })).json()) as any).waiting > 0,
        most + 15_000,
      )
      assert.ok(Date.now() - back < most, `queued after ${Date.now() - back} ms`)
      await eventually('all is well', async () => (await health(url)).status === 'ok')
      assert.equal((await fetch(`${url}/admin/queues/api/queues`, { headers })).status, 200)
    })
    assert.equal(code, 0, output)
    await proxy.close()
  })
})

describe('an API process that is stopped', () => {
  const redis = sharedRedis()

  testUnless(redis.missing)(
    'ends within 20 s while its database and its queue hang in the middle of requests',
    async () => {
      const headers = { authorization: `Bearer ${token}` }
      let said = ''
      const ms = await quickest(20_000, async () => {
        const proxies = [await FlakyProxy.open(postgres.url), await FlakyProxy.open(redis.url)] as const
        const env = { ...environment(), DATABASE_URL: proxies[0].url, QUEUE_URL: proxies[1].url, PORT: '0' }
        let start = 0
        const { output } = await runServer(env, async (url) => {
          assert.equal((await fetch(`${url}/v1/sessions`, { headers })).status, 200)
          for (const proxy of proxies) proxy.silence()
          for (let i = 0; i < 5; i += 1) void fetch(`${url}/v1/sessions?limit=${i + 1}`, { headers }).catch(() => {})
          await delay(1_000)
          start = Date.now()
        })
        const took = Date.now() - start
        said = output
        for (const proxy of proxies) await proxy.close()
        return took
      })
      assert.ok(ms < 20_000, `it ended after ${ms} ms: ${said}`)
    },
  )
})

it('startApi closes what it opened when the port is taken', async () => {
  const settings = {
    host: '127.0.0.1',
    port: 0,
    databaseUrl: postgres.url,
    queue: { url: postgres.url, name: 'generations' },
    objects: { kind: 'folder' as const, directory: join(folder, 'objects'), signingSecret: secret },
    models: { directory: join(folder, 'models'), defaultModel: 'ace-test' },
    logLevel: 'silent' as const,
    limits: {
      uploadBytes: 1024,
      imagePixels: 1024,
      archiveBytes: 1024,
      requestsPerMinute: 600,
      anonymousPerMinute: 0,
      failedSignInsPerMinute: 0,
    },
    reuseUploads: true,
    housekeeping: { mode: 'off' as const, retentionDays: 0 },
    workProcesses: 1,
    linkSeconds: 900,
    corsOrigins: [],
    basePath: '',
    trustProxy: [],
  }
  const first = await startApi(settings)
  try {
    assert.equal((await fetch(`${first.url}/health/live`)).status, 200)
    await assert.rejects(startApi({ ...settings, port: Number(new URL(first.url).port) }), { code: 'EADDRINUSE' })
  } finally {
    await first.close()
  }
})
