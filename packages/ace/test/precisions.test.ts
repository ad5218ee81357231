import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from '@jest/globals'
import { withCopy } from '@atelier/testing'
import { readManifest } from '@atelier/contracts/model-folder'
import { openModel, verifyModelFolder } from '../src/index.js'
import { fixture, textToImage } from './fixtures.js'

/** Pixels of a tiny folder's picture. */
async function picture(folder: string): Promise<Uint8Array> {
  const model = await openModel(folder, { threads: 1 })
  try {
    return (await model.generate(textToImage)).pixels
  } finally {
    await model.close()
  }
}

test('a float16 folder opens and makes nearly the same picture', async () => {
  const folder = fixture('tiny-fp16')
  assert.equal((await verifyModelFolder(folder)).precision, 'fp16')
  const [exact, half] = await Promise.all([picture(fixture('tiny-model')), picture(folder)])
  const differences = exact.map((value, i) => Math.abs(value - half[i]!))
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length
  assert.ok(mean > 0 && mean < 2, `${mean} levels`)
})

test('an int8 folder opens and makes a picture, the same each time', async () => {
  const folder = fixture('tiny-int8')
  assert.equal((await verifyModelFolder(folder)).precision, 'int8')
  const first = await picture(folder)
  assert.ok(new Set(first).size > 16)
  assert.deepEqual(await picture(folder), first)
})

test('a precision that nothing here makes is refused', async () => {
  await withCopy(fixture('tiny-model'), async (folder) => {
    const path = join(folder, 'manifest.json')
    await writeFile(path, (await readFile(path, 'utf8')).replace('fp16-storage', 'fp12'))
    await assert.rejects(readManifest(folder), /precision/)
  })
})
