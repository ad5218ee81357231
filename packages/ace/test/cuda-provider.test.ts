import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll } from '@jest/globals'
import { testUnless } from '@atelier/testing'
import { fileURLToPath } from 'node:url'
import { tinyModel } from './fixtures.js'

// A copy of the package and of ONNX Runtime, into which broken providers can be put.
const ortFolder = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'))
const modules = dirname(ortFolder)
const bin = join('bin', 'napi-v6', process.platform, process.arch)
const elsewhere = process.platform !== 'linux' && 'the CUDA provider is for Linux'
let copy: string
let copiedBin: string

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'atelier cuda '))
  copiedBin = join(copy, 'node_modules/onnxruntime-node', bin)
  await mkdir(copiedBin, { recursive: true })
  for (const name of await readdir(modules))
    if (name !== 'onnxruntime-node') await symlink(join(modules, name), join(copy, 'node_modules', name))
  for (const name of ['package.json', 'dist', bin])
    await cp(join(ortFolder, name), join(copy, 'node_modules/onnxruntime-node', name), { recursive: true })
  for (const name of await readdir(copiedBin))
    if (name.startsWith('libonnxruntime_providers')) await rm(join(copiedBin, name))
  await cp(fileURLToPath(new URL('../src', import.meta.url)), join(copy, 'ace'), { recursive: true })
  await writeFile(join(copy, 'package.json'), '{ "type": "module" }')
  await writeFile(
    join(copy, 'open.js'),
    `import { openModel } from './ace/index.js'
    await openModel(process.argv[2], { device: 'cuda' }).catch((error) => console.log(error.message))`,
  )
})
afterAll(() => rm(copy, { recursive: true }))

const open = (): string => {
  const { stdout } = spawnSync(process.execPath, [join(copy, 'open.js'), tinyModel], { encoding: 'utf8' })
  return stdout.trim()
}
const put = (name: string, file: Uint8Array): Promise<void> =>
  writeFile(join(copiedBin, `libonnxruntime_providers_${name}.so`), file)

testUnless(elsewhere)('the CUDA device is refused with the name of the library at fault', async () => {
  const start = 'The device cuda cannot be used: '
  const absent = (name: string): string =>
    `${start}ONNX Runtime's CUDA provider is not installed (libonnxruntime_providers_${name}.so is missing).`
  assert.equal(open(), absent('shared'))

  // A real library that is no provider, and one that needs a library that is nowhere.
  const library = await readFile(join(copiedBin, 'onnxruntime_binding.node'))
  await put('shared', library)
  assert.equal(open(), absent('cuda'))
  const needed = library.indexOf('libonnxruntime.so.1')
  assert.ok(needed > 0)
  library.write('libabsent_cuda.so.1', needed)
  await put('cuda', library)
  assert.equal(
    open(),
    `${start}the library libabsent_cuda.so.1, which libonnxruntime_providers_cuda.so needs, is missing.`,
  )

  await put('cuda', Buffer.from('no library'))
  assert.match(open(), /libonnxruntime_providers_cuda\.so cannot be loaded: .*file too short/)
})
