import assert from 'node:assert/strict'
import { createInterface } from 'node:readline'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, it } from '@jest/globals'
import {
  describeUnless,
  eventually,
  freePort,
  newTestBucket,
  sharedRedis,
  startTestPostgres,
  type TestPostgres,
} from '@atelier/testing'
import { root } from './start-stack.js'
import { startTraceCollector, type TraceCollector } from './trace-collector.js'

const redis = sharedRedis()

describeUnless(redis.missing)('API and worker as processes of their own, on Redis and S3', () => {
  const children: ChildProcess[] = []
  let postgres: TestPostgres
  let s3: ReturnType<typeof newTestBucket>
  let env: Record<string, string | undefined>
  let url = ''
  let token = ''
  let collector: TraceCollector
  /** Everything that the processes have logged. */
  const logged: Record<string, unknown>[] = []

  const start = (script: string) => {
    const child = spawn(process.execPath, [script], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    createInterface(child.stdout).on('line', (line) => logged.push(JSON.parse(line) as Record<string, unknown>))
    return child
  }
  /** Stops the model of a worker wherever it is; on Linux, where its process can be found. @returns lets it go on */
  const holdModel = ({ pid }: ChildProcess) => {
    const file = `/proc/${pid}/task/${pid}/children`
    const model = existsSync(file) && Number(readFileSync(file, 'utf8').split(' ')[0])
    if (model) process.kill(model, 'SIGSTOP')
    return () => model && process.kill(model, 'SIGCONT')
  }
  const call = async (path: string, body?: object, more: Record<string, string> = {}) => {
    const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }), ...more }
    const response = await fetch(`${url}${path}`, {
      headers,
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    })
    return (await response.json()) as any
  }
  const ended = (id: string): Promise<any> =>
    eventually(
      'the generation has ended',
      async () => {
        const generation = await call(`/v1/generations/${id}`)
        return generation.finishedAt && generation
      },
      180_000,
    )

  beforeAll(async () => {
    postgres = await startTestPostgres()
    collector = await startTraceCollector()
    s3 = newTestBucket()
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    env = {
      ...process.env,
      NODE_OPTIONS: '',
      DATABASE_URL: postgres.url,
      QUEUE_URL: redis.url,
      // other suites of the run use this Redis, too
      QUEUE_NAME: `production-${process.pid}`,
      PORT: String(port),
      LOG_LEVEL: 'info',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '200',
      S3_BUCKET: s3.bucket,
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
    const ready = () => call('/health/ready').catch(() => undefined)
    await eventually('the worker is ready', async () => (await ready())?.worker === 'ok', 180_000)
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
    collector?.close()
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

  it('finishes a picture whose worker was killed, in one trace, with the ids of its request in every log', async () => {
    const session = await call('/v1/sessions', {})
    // it must not be done before its worker is killed
    const letGo = holdModel(children[1]!)
    const traceId = '0123456789abcdef0123456789abcdef'
    const turn = await call(
      `/v1/sessions/${session.id}/turns`,
      { instruction: 'a yellow star at night', parameters: { steps: 100 } },
      { 'x-request-id': 'asked-by-a-test', traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
    )
    const { id } = turn.generations[0]
    await eventually('it runs', async () => (await call(`/v1/generations/${id}`)).status === 'running', 180_000)
    children[1]!.kill('SIGKILL')
    letGo()
    start('apps/worker/dist/src/server.js')
    const generation = await ended(id)
    assert.equal(generation.status, 'succeeded')
    assert.equal(generation.attempt, 2)

    const spans = () => collector.spans.filter((span) => span.traceId === traceId)
    const names = () => spans().map(({ service, name }) => `${service}: ${name}`)
    const expected = [
      'atelier-api: POST /v1/sessions/:id/turns',
      'atelier-worker: queue',
      'atelier-worker: attempt',
      ...['fetch', 'load', 'model', 'store'].map((stage) => `atelier-worker: ${stage}`),
      ...['encode', 'denoise', 'decode'].map((stage) => `atelier-model: ${stage}`),
    ]
    await eventually(
      () => `the spans, but there are ${names().join(', ')}`,
      () => expected.every((name) => names().includes(name)),
    )
    const request = spans().find(({ service }) => service === 'atelier-api')
    assert.equal(request!.parentSpanId, '00f067aa0ba902b7')
    for (const { name, parentSpanId } of spans()) if (name === 'attempt') assert.equal(parentSpanId, request!.spanId)

    // a line comes by another way than the answer and the spans
    const line = (msg: string) =>
      eventually(`the line '${msg}'`, () => logged.find((l) => l.requestId === 'asked-by-a-test' && l.msg === msg))
    const answered = await line('answered')
    const ids = { traceId, sessionId: session.id, turnId: turn.turn.id }
    assert.deepEqual({ ...answered, ...ids }, answered)
    assert.ok(answered.ownerId)
    const ended_ = await line('generation ended')
    assert.deepEqual({ ...ended_, ...ids, generationId: id, attempt: 2, ownerId: answered.ownerId }, ended_)
    assert.match(ended_.workerId as string, /^wrk_/)
    assert.doesNotMatch(JSON.stringify(logged), /yellow star/)
  })
})
