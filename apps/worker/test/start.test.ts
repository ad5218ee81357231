import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFile, mkdtemp, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { setTimeout as delay } from 'node:timers/promises'
import { eventually, FlakyProxy, startStopwatch, testUnless } from '@atelier/testing'
import { fileURLToPath } from 'node:url'
import type { Manifest } from '@atelier/contracts'
import { cudaNotInstalled } from '@atelier/ace'
import { startWorker, UnusableModelError } from '../src/index.js'
import { openWorkerStack, type WorkerStack } from './worker-stack.js'

const server = fileURLToPath(new URL('../src/server.js', import.meta.url))
let stack: WorkerStack

beforeAll(async () => {
  stack = await openWorkerStack()
})
afterAll(async () => {
  await stack?.close()
})

describe('the start of a worker', () => {
  test('is refused without a model folder', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'atelier nothing '))
    const settings = { ...stack.settings, models: { directory: empty, defaultModel: 'tiny' } }
    const expected = (error: unknown) => error instanceof UnusableModelError && error.message.includes(empty)
    await assert.rejects(startWorker(settings), expected)
    await rm(empty, { recursive: true })
  })

  test('is refused when the default model is not there', async () => {
    const settings = { ...stack.settings, models: { directory: stack.model.directory, defaultModel: 'other' } }
    await assert.rejects(startWorker(settings), /other/)
  })

  test('is refused with one line that names the damaged file, exit code 1', async () => {
    const manifest = await readFile(join(stack.model.folder, 'manifest.json'), 'utf8')
    const file = (JSON.parse(manifest) as Manifest).graphs.vaeDecoder
    const path = join(stack.model.folder, file)
    const { length } = await readFile(path)
    await appendFile(path, 'x')
    const { status, stderr } = spawnSync(process.execPath, [server], {
      encoding: 'utf8',
      env: {
        ...process.env,
        DATABASE_URL: stack.settings.databaseUrl,
        DEVICE: 'cpu',
        OBJECTS_DIRECTORY: tmpdir(),
        URL_SIGNING_SECRET: 's'.repeat(32),
        MODELS_DIRECTORY: stack.model.directory,
        DEFAULT_MODEL: 'tiny',
      },
    })
    await truncate(path, length)
    assert.equal(status, 1)
    assert.match(stderr, new RegExp(`${file}.*bytes`))
    assert.equal(stderr.trim().split('\n').length, 1, stderr)
  })

  testUnless(!cudaNotInstalled() && 'the CUDA provider is installed')(
    'is refused with one line that names the missing library when the device is cuda, exit code 1',
    () => {
      const { status, stderr } = spawnSync(process.execPath, [server], {
        encoding: 'utf8',
        env: {
          ...process.env,
          DATABASE_URL: stack.settings.databaseUrl,
          DEVICE: 'cuda',
          LOG_LEVEL: 'silent',
          OBJECTS_DIRECTORY: tmpdir(),
          URL_SIGNING_SECRET: 's'.repeat(32),
          MODELS_DIRECTORY: stack.model.directory,
          DEFAULT_MODEL: 'tiny',
        },
      })
      assert.equal(status, 1)
      assert.match(stderr, /^The device cuda cannot be used: .*libonnxruntime_providers_\w+\.so.*\n$/)
    },
  )

  test('reports the device that was set and the one that auto came to', async () => {
    const worker = await startWorker({ ...stack.settings, device: 'auto' })
    try {
      const ready = async () => (await stack.database.admin.workers(30)).find(({ state }) => state === 'ready')
      const { device, deviceRequested, deviceFallback, loading } = await eventually('it is ready', ready)
      assert.deepEqual([deviceRequested, loading], ['auto', null])
      assert.equal(device === 'cpu', deviceFallback !== null)
    } finally {
      await worker.close()
    }
  })

  test('waits for a database that is away', async () => {
    const proxy = await FlakyProxy.open(stack.settings.databaseUrl)
    proxy.cut()
    const queue = { url: proxy.url, name: 'waits' }
    const starting = startWorker({ ...stack.settings, databaseUrl: proxy.url, queue })
    await delay(2_000)
    assert.deepEqual(await stack.database.admin.workers(30), [])
    const watch = startStopwatch()
    proxy.mend()
    const worker = await starting
    const ms = watch.stop()
    assert.ok(ms < 15_000, `ready after ${ms} ms`)
    await worker.close()
    await proxy.close()
  })

  test('a model whose numbers are no picture fails the generation with model_invalid_output', async () => {
    await stack.model.edit((manifest) => ({ ...manifest, latent: { ...manifest.latent, scale: 1e-300 } }))
    const worker = await startWorker(stack.settings)
    try {
      const { id } = await stack.turn('nothing to see')
      const row = await stack.until(id, (g) => g.finishedAt !== null)
      assert.deepEqual([row.status, row.error?.code, row.images.length], ['failed', 'model_invalid_output', 0])
    } finally {
      await worker.close()
    }
  })
})
