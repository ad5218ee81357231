import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from '@jest/globals'
import { eventually, FlakyProxy, startS3Server, type S3Server } from '@atelier/testing'
import { openWorkerStack, type WorkerStack } from './worker-stack.js'

let stack: WorkerStack
let s3: S3Server
let database: FlakyProxy
let store: FlakyProxy
let worker: ChildProcess

beforeAll(async () => {
  stack = await openWorkerStack()
  s3 = await startS3Server({ anyBucket: true })
})
beforeEach(async () => {
  database = await FlakyProxy.open(stack.settings.databaseUrl)
  store = await FlakyProxy.open(s3.endpoint)
  worker = spawn(process.execPath, [fileURLToPath(new URL('../src/server.js', import.meta.url))], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: database.url,
      DEVICE: 'cpu',
      THREADS: '1',
      S3_BUCKET: 'b',
      S3_ENDPOINT: store.url.replace(/\/$/, ''),
      S3_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      S3_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
      MODELS_DIRECTORY: stack.model.directory,
      DEFAULT_MODEL: 'tiny',
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const ready = async () => (await stack.database.admin.workers(30)).some(({ pid }) => pid === worker.pid)
  await eventually('the worker is ready', ready, 120_000)
})
afterEach(async () => {
  worker.kill('SIGKILL')
  await Promise.all([database.close(), store.close()])
})
afterAll(async () => {
  await s3?.stop()
  await stack?.close()
})

/** How long the worker takes to end after SIGTERM, in milliseconds. */
async function stop(): Promise<number> {
  const start = Date.now()
  worker.kill('SIGTERM')
  await once(worker, 'exit')
  return Date.now() - start
}

describe('SIGTERM ends a worker within 20 s', () => {
  test('while its store hangs with a picture half stored; another worker gets the generation', async () => {
    store.silence()
    const { id } = await stack.turn('a picture')
    await stack.until(id, (row) => row.step === 4)
    const ms = await stop()
    assert.ok(ms < 20_000, `it ended after ${ms} ms`)
    assert.equal((await stack.generation(id)).status, 'queued')
    await stack.owner.generations.cancel(id)
  })

  test('while its database, its queue and its store hang in the middle of a generation', async () => {
    store.silence()
    const { id } = await stack.turn('a picture')
    await stack.until(id, (row) => row.step === 4)
    database.silence()
    await delay(500)
    const ms = await stop()
    assert.ok(ms < 20_000, `it ended after ${ms} ms`)
  })
})
