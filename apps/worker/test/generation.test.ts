import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { newId } from '@atelier/contracts'
import { eventually } from '@atelier/testing'
import sharp from 'sharp'
import { startWorker, type RunningWorker } from '../src/index.js'
import { openWorkerStack, type WorkerStack } from './worker-stack.js'

let stack: WorkerStack
let worker: RunningWorker

beforeAll(async () => {
  stack = await openWorkerStack()
  worker = await startWorker(stack.settings, { inference: { previewEveryMs: 0 } })
})
afterAll(async () => {
  await worker?.close()
  await stack?.close()
})

const ended = (row: { finishedAt: string | null }) => row.finishedAt !== null
const edit = (imageId: string) => [{ imageId, maskId: null, maskMode: 'keep' as const }]

describe('a worker', () => {
  test('makes a picture from text: row, file, thumbnail, timings', async () => {
    const { id } = await stack.turn('a red circle on a blue background')
    const row = await stack.until(id, ended)
    assert.equal(row.status, 'succeeded', JSON.stringify(row.error))
    assert.deepEqual([row.attempt, row.step, row.images.length], [1, 4, 1])
    const image = row.images[0]!
    assert.equal(image.objectKey, `generations/${id}/0.png`)
    assert.equal(image.thumbnailKey, `generations/${id}/0.thumb.webp`)
    const file = await stack.objects.get(image.objectKey)
    const picture = await sharp(file).metadata()
    assert.deepEqual([picture.format, picture.width, picture.height, file.length], ['png', 64, 64, image.bytes])
    assert.equal((await sharp(await stack.objects.get(image.thumbnailKey)).metadata()).format, 'webp')
    const stages = ['fetchMs', 'encodeMs', 'denoiseMs', 'decodeMs', 'storeMs', 'totalMs']
    for (const stage of stages) assert.ok(row.timings[stage]! >= 0, stage)
  })

  test('edits a picture: the result has its size', async () => {
    const picture = await stack.upload({ width: 96, height: 64 }, 'green')
    const { id } = await stack.turn('make it red', { images: edit(picture.id) })
    const row = await stack.until(id, ended)
    assert.equal(row.status, 'succeeded', JSON.stringify(row.error))
    assert.ok(row.images[0]!.width > row.images[0]!.height)
  })

  test('gives the same picture for the same seed', async () => {
    const [one, two] = [await stack.turn('a triangle'), await stack.turn('a triangle')]
    const rows = [await stack.until(one.id, ended), await stack.until(two.id, ended)]
    assert.equal(rows[0]!.images[0]!.sha256, rows[1]!.images[0]!.sha256)
  })

  test('repeats a generation from its record and finds the same pixels, also after its caches are gone', async () => {
    const picture = await stack.upload({ width: 96, height: 64 }, 'green')
    const first = await stack.turn('a red circle', { images: edit(picture.id) })
    const second = await stack.turn('make it blue', { images: edit(picture.id), parentTurnId: first.turnId })
    const original = await stack.until(second.id, ended)
    assert.equal(original.reproduction, null)
    assert.deepEqual([original.timings.textsEncoded, original.timings.imagesEncoded], [1, 0])
    const repeat = async () => {
      const { id } = (await stack.owner.generations.reproduce(original.id))!
      await stack.queue.add(id)
      return stack.until(id, ended)
    }
    const same = {
      generationId: original.id,
      equal: true,
      differentPixels: 0,
      maxDifference: 0,
      sameDevice: true,
    }
    const warm = await repeat()
    assert.deepEqual([warm.reproduction, warm.timings.textsEncoded, warm.timings.imagesEncoded], [same, 0, 0])
    process.kill(worker.inferencePid!, 'SIGKILL')
    const cold = await repeat()
    assert.deepEqual([cold.reproduction, cold.timings.textsEncoded, cold.timings.imagesEncoded], [same, 3, 1])

    const files = original.images[0]!
    const other = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
    await stack.objects.put(files.objectKey, other, { contentType: 'image/png' })
    const nothing = { ...same, equal: null, differentPixels: null, maxDifference: null, sameDevice: null }
    assert.deepEqual((await repeat()).reproduction, nothing)
    await stack.objects.delete(files.objectKey)
    assert.deepEqual((await repeat()).reproduction, nothing)
  })

  test('keeps what lies outside the mask', async () => {
    const size = { width: 64, height: 64 }
    const [picture, mask] = [
      await stack.upload(size, 'rgb(9, 99, 199)'),
      await stack.upload({ ...size, kind: 'mask' }, 'white', 32),
    ]
    const images = [{ imageId: picture.id, maskId: mask.id, maskMode: 'erase' as const }]
    const { id } = await stack.turn('a red circle', { images, parameters: { keepUnmasked: true } })
    const row = await stack.until(id, ended)
    assert.equal(row.status, 'succeeded', JSON.stringify(row.error))
    const pixels = await sharp(await stack.objects.get(row.images[0]!.objectKey))
      .raw()
      .toBuffer()
    pixels.forEach((level, at) => {
      if ((at / 3) % 64 >= 32) assert.equal(level, [9, 99, 199][at % 3])
    })
  })

  test('leaves a generation alone that was cancelled in the queue', async () => {
    const { id } = await stack.turn('never', { enqueue: false })
    await stack.owner.generations.cancel(id)
    await stack.queue.add(id)
    const next = await stack.turn('after it')
    await stack.until(next.id, ended)
    const row = await stack.generation(id)
    assert.deepEqual([row.status, row.attempt, row.images.length], ['cancelled', 0, 0])
  })

  test('fails with image_unreadable when a picture is gone or damaged', async () => {
    const gone = await stack.upload({ width: 64, height: 64 }, 'red')
    const damaged = await stack.upload({ width: 64, height: 64 }, 'red')
    await stack.objects.delete(gone.objectKey)
    await stack.objects.put(damaged.objectKey, new Uint8Array(100), { contentType: 'image/png' })
    for (const image of [gone, damaged]) {
      const { id } = await stack.turn('make it blue', { images: edit(image.id) })
      const row = await stack.until(id, ended)
      assert.deepEqual([row.status, row.error?.code], ['failed', 'image_unreadable'])
      assert.match(row.error!.message, new RegExp(`@${image.id}`))
    }
  })

  test('fails with the code of what the model refuses, and goes on', async () => {
    const { id } = await stack.turn('huge', { parameters: { width: 4096, height: 4096 } })
    const row = await stack.until(id, ended)
    assert.deepEqual([row.status, row.error?.code], ['failed', 'parameter_out_of_range'])
    const next = await stack.turn('small')
    assert.equal((await stack.until(next.id, ended)).status, 'succeeded')
  })

  test('fails with mask_empty when the mask marks nothing', async () => {
    const size = { width: 64, height: 64 }
    const [picture, mask] = [await stack.upload(size, 'red'), await stack.upload({ ...size, kind: 'mask' }, 'black')]
    const images = [{ imageId: picture.id, maskId: mask.id, maskMode: 'keep' as const }]
    const { id } = await stack.turn('make it blue', { images })
    const row = await stack.until(id, ended)
    assert.deepEqual([row.status, row.error?.code], ['failed', 'mask_empty'])
  })

  test('ends a job whose generation does not exist', async () => {
    const id = newId('generation')
    await stack.queue.add(id)
    const next = await stack.turn('after it')
    assert.equal((await stack.until(next.id, ended)).status, 'succeeded')
    assert.equal(await stack.queue.has(id), false)
  })

  test('reports itself', async () => {
    // a moment after the end of its generation was written
    const report = await eventually('it is ready', async () => {
      const [shown] = await stack.database.admin.workers(30)
      return shown?.state === 'ready' && shown
    })
    assert.deepEqual([report.id, report.device, report.models], [worker.id, 'cpu', ['tiny']])
  })
})
