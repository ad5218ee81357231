import assert from 'node:assert/strict'
import { appendFile, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from '@jest/globals'
import { withCopy } from '@atelier/testing'
import { ModelFolderError, readManifest } from '@atelier/contracts/model-folder'
import { openModel, verifyModelFolder } from '../src/index.js'
import { tinyModel } from './fixtures.js'

/** Expects an error about `file`. */
const about =
  (file: string, problem: RegExp) =>
  (error: unknown): boolean =>
    error instanceof ModelFolderError &&
    error.file === file &&
    problem.test(error.message) &&
    error.message.includes(file)

async function editManifest(folder: string, edit: (manifest: Record<string, any>) => void): Promise<void> {
  const path = join(folder, 'manifest.json')
  const manifest = JSON.parse(await readFile(path, 'utf8')) as Record<string, any>
  edit(manifest)
  await writeFile(path, JSON.stringify(manifest))
}

test('a whole folder is accepted', async () => {
  assert.equal((await verifyModelFolder(tinyModel)).name, 'tiny')
})

test('a missing, cut or changed file is named', async () => {
  await withCopy(tinyModel, async (folder) => {
    const file = join(folder, 'denoiser.onnx')
    const bytes = await readFile(file)
    bytes[bytes.length >> 1]! ^= 1
    await writeFile(file, bytes)
    await assert.rejects(verifyModelFolder(folder), about('denoiser.onnx', /damaged/))
    await truncate(file, 1000)
    await assert.rejects(verifyModelFolder(folder), about('denoiser.onnx', /1000 bytes instead of/))
    await rm(file)
    await assert.rejects(verifyModelFolder(folder), about('denoiser.onnx', /is missing/))
  })
})

test('a manifest that is missing, no JSON, of another format or incomplete is refused', async () => {
  await withCopy(tinyModel, async (folder) => {
    const path = join(folder, 'manifest.json')
    await editManifest(folder, (manifest) => manifest.files.shift())
    await assert.rejects(verifyModelFolder(folder), about('conditioner.onnx', /not on its list/))
    await editManifest(folder, (manifest) => {
      manifest.format = 2
    })
    await assert.rejects(readManifest(folder), about('manifest.json', /format/))
    await appendFile(path, '}')
    await assert.rejects(readManifest(folder), about('manifest.json', /cannot be read/))
    await rm(path)
    await assert.rejects(openModel(folder), about('manifest.json', /is missing/))
  })
})

test('a manifest that contradicts itself, a short indicator table and a bad tokeniser stop the start', async () => {
  await withCopy(tinyModel, async (folder) => {
    await writeFile(join(folder, 'tokenizer.json'), '{}')
    await assert.rejects(openModel(folder), about('tokenizer.json', /cannot be used/))
  })
  await withCopy(tinyModel, async (folder) => {
    await truncate(join(folder, 'indicators.f32'), 12)
    await assert.rejects(openModel(folder), about('indicators.f32', /12 bytes instead of/))
    await editManifest(folder, (manifest) => manifest.preview.factors.pop())
    await assert.rejects(openModel(folder), about('manifest.json', /contradicts itself/))
  })
})
