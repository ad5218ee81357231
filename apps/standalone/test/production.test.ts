import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { afterAll, beforeAll, it } from '@jest/globals'
import {
  describeUnless,
  fetchRedis,
  freePort,
  startRedis,
  startS3Server,
  startTestPostgres,
  type TestPostgres,
  type TestRedis,
} from '@atelier/testing'
import { root } from './start-stack.js'

const program = await fetchRedis()
const skip = typeof program === 'string' ? program : false

describeUnless(skip)('API and worker as processes of their own, on Redis and S3', () => {
  const children: ChildProcess[] = []
  let postgres: TestPostgres
  let redis: TestRedis
  let s3: Awaited<ReturnType<typeof startS3Server>>
  let env: Record<string, string | undefined>
  let url = ''
  let token = ''

  const start = (script: string) => {
    const child = spawn(process.execPath, [script], { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] })
    children.push(child)
    return child
  }
  const call = async (path: string, body?: object) => {
    const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) }
    const response = await fetch(`${url}${path}`, {
      headers,
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    })
    return (await response.json()) as any
  }
  const until = async <T>(look: () => Promise<T | undefined | false>): Promise<T> => {
    for (let tries = 0; tries < 600; tries++) {
      const found = await look().catch(() => undefined)
      if (found) return found
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error('did not happen within a minute')
  }
  const ended = (id: string) =>
    until(async () => {
      const generation = await call(`/v1/generations/${id}`)
      return generation.finishedAt && generation
    })

  beforeAll(async () => {
    postgres = await startTestPostgres()
    redis = await startRedis(program as Exclude<typeof program, string>)
    s3 = await startS3Server()
    s3.createBucket('pictures')
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    env = {
      ...process.env,
      NODE_OPTIONS: '',
      DATABASE_URL: postgres.url,
      QUEUE_URL: redis.url,
      PORT: String(port),
      LOG_LEVEL: 'error',
      S3_BUCKET: 'pictures',
      S3_ENDPOINT: s3.endpoint,
      S3_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      S3_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    }
    token = execFileSync(process.execPath, ['apps/api/dist/src/create-key.js', '--name', 'first', '--scope', 'admin'], {
      cwd: root,
      env,
      encoding: 'utf8',
    }).trim()
    start('apps/api/dist/src/server.js')
    start('apps/worker/dist/src/server.js')
    await until(async () => (await call('/health/ready')).worker === 'ok')
  })
  afterAll(async () => {
    await Promise.all(
      children
        .filter((c) => c.exitCode === null && c.signalCode === null)
        .map(
          (child) =>
            new Promise((resolve) => {
              child.on('exit', resolve)
              child.kill('SIGTERM')
            }),
        ),
    )
    await s3?.stop()
    await redis?.stop()
    await postgres?.stop()
  })

  it('makes and edits pictures, read through presigned links', async () => {
    assert.equal((await call('/v1/admin/queue')).backend, 'redis')
    const session = await call('/v1/sessions', {})
    const first = await ended(
      (await call(`/v1/sessions/${session.id}/turns`, { instruction: 'a red circle on a blue background' }))
        .generations[0].id,
    )
    const second = await ended(
      (await call(`/v1/sessions/${session.id}/turns`, { instruction: 'make the circle green' })).generations[0].id,
    )
    assert.deepEqual([first.status, second.status], ['succeeded', 'succeeded'])
    assert.equal(second.lcu.at(-1).images[0].imageId, first.images[0].id)
    const link = new URL(second.images[0].url)
    assert.equal(link.origin, new URL(s3.endpoint).origin)
    assert.equal((await fetch(link)).headers.get('content-type'), 'image/png')
  })

  it('finishes a picture whose worker was killed', async () => {
    const session = await call('/v1/sessions', {})
    const turn = await call(`/v1/sessions/${session.id}/turns`, {
      instruction: 'a yellow star at night',
      parameters: { steps: 100 },
    })
    const { id } = turn.generations[0]
    await until(async () => (await call(`/v1/generations/${id}`)).status === 'running')
    children[1]!.kill('SIGKILL')
    start('apps/worker/dist/src/server.js')
    const generation = await ended(id)
    assert.equal(generation.status, 'succeeded')
    assert.equal(generation.attempt, 2)
  })
})
