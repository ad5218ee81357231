import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Manifest } from '@atelier/contracts'
import { startWorker, UnusableModelError } from '../src/index.js'
import { openWorkerStack, tinyModel, type WorkerStack } from './worker-stack.js'

let models: string
let stack: WorkerStack
const folder = () => join(models, 'tiny-model')

before(async () => {
  models = await mkdtemp(join(tmpdir(), 'atelier models '))
  stack = await openWorkerStack(models)
})
after(async () => {
  await stack?.close()
  await rm(models, { recursive: true, force: true })
})

describe('the start of a worker', () => {
  test('is refused without a model folder', async () => {
    await assert.rejects(startWorker(stack.settings), (error) => error instanceof UnusableModelError && error.message.includes(models))
  })

  test('is refused when the default model is not there', async () => {
    await cp(tinyModel, folder(), { recursive: true })
    const settings = { ...stack.settings, models: { directory: models, defaultModel: 'other' } }
    await assert.rejects(startWorker(settings), /other/)
  })

  test('is refused with one line that names the damaged file, exit code 1', async () => {
    const file = (JSON.parse(await readFile(join(folder(), 'manifest.json'), 'utf8')) as Manifest).graphs.vaeDecoder
    const whole = await readFile(join(folder(), file))
    await appendFile(join(folder(), file), 'x')
    const { status, stderr } = spawnSync(process.execPath, [fileURLToPath(new URL('../src/server.js', import.meta.url))], {
      encoding: 'utf8',
      env: {
        ...process.env, DATABASE_URL: stack.settings.databaseUrl, OBJECTS_DIRECTORY: models, URL_SIGNING_SECRET: 's'.repeat(32),
        MODELS_DIRECTORY: models, DEFAULT_MODEL: 'tiny-model', DEVICE: 'cpu',
      },
    })
    await writeFile(join(folder(), file), whole)
    assert.equal(status, 1)
    assert.match(stderr, new RegExp(`${file}.*bytes`))
    assert.equal(stderr.trim().split('\n').length, 1, stderr)
  })

  test('a model whose numbers are no picture fails the generation with model_invalid_output', async () => {
    const path = join(folder(), 'manifest.json')
    const manifest = JSON.parse(await readFile(path, 'utf8')) as Manifest
    await writeFile(path, JSON.stringify({ ...manifest, latent: { ...manifest.latent, scale: 1e-300 } }))
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
