import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll } from '@jest/globals'
import { testUnless } from '@atelier/testing'

const script = fileURLToPath(new URL('../../../bootstrap/cuda-install.mjs', import.meta.url))
const ortFile = createRequire(import.meta.url).resolve('onnxruntime-node/package.json')
const { version } = JSON.parse(readFileSync(ortFile, 'utf8')) as { version: string }
const bin = join('bin', 'napi-v6', process.platform, process.arch)
const elsewhere = process.platform !== 'linux' && 'the CUDA provider is for Linux'
const provider = 'libonnxruntime_providers_cuda.so'
let folder: string
let installed: string

interface Zip {
  addFile(name: string, data: Buffer): void
  writeZip(path: string): void
}
const AdmZip = createRequire(ortFile)('adm-zip') as new () => Zip

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'atelier cuda '))
  const ort = join(folder, 'node_modules/onnxruntime-node')
  installed = join(ort, bin)
  mkdirSync(installed, { recursive: true })
  cpSync(ortFile, join(ort, 'package.json'))
  symlinkSync(join(dirname(ortFile), '../adm-zip'), join(folder, 'node_modules/adm-zip'))
  writeFileSync(join(folder, 'package.json'), '{}')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A wheel whose provider is a real library that needs libraries that are nowhere. */
function wheel(name: string, of: string, libraries = ['libonnxruntime_providers_shared.so', provider]): string {
  const library = readFileSync(join(dirname(ortFile), bin, 'onnxruntime_binding.node'))
  const needed = library.indexOf('libonnxruntime.so.1\0')
  assert.ok(needed > 0)
  library.write('libcublas.so.77\0', needed)
  const zip = new AdmZip()
  zip.addFile(`onnxruntime_gpu-${of}.dist-info/METADATA`, Buffer.from(`Metadata-Version: 2.4\nVersion: ${of}\n`))
  for (const file of libraries) zip.addFile(`onnxruntime/capi/${file}`, library)
  const path = join(folder, name)
  zip.writeZip(path)
  return path
}

function run(...args: string[]): { status: number | null; out: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { cwd: folder, encoding: 'utf8' })
  return { status, out: stdout + stderr }
}

testUnless(elsewhere)('a wheel of another version, or without the provider, installs nothing', () => {
  const other = run('--wheel', wheel('other.whl', '1.0.0'))
  assert.equal(other.status, 2)
  assert.match(other.out, new RegExp(`is of onnxruntime-gpu 1\\.0\\.0; onnxruntime-node is ${version}`))
  const empty = run('--wheel', wheel('empty.whl', version, ['libonnxruntime_providers_shared.so']))
  assert.deepEqual([empty.status, empty.out.includes(`has no ${provider}`)], [2, true])
  assert.ok(!existsSync(join(installed, 'libonnxruntime_providers_shared.so')))
  assert.equal(run('--check').out.match(/is missing: npm run cuda:install/g)?.length, 2)
})

testUnless(elsewhere)('the files are put in their place, with a line for each thing that is missing', () => {
  const { status, out } = run('--wheel', wheel('right.whl', version))
  assert.equal(status, 1)
  assert.ok(existsSync(join(installed, provider)))
  assert.match(out, new RegExp(`^[0-9a-f]{64}  ${provider}$`, 'm'))
  assert.match(out, /^The provider is for CUDA 77 and cuDNN 9\.$/m)
  assert.match(out, /^libcublas\.so\.77 is missing: install the libraries of CUDA 77$/m)
  assert.equal(run('--wheel', wheel('right.whl', version), '--no-check').status, 0)
})

testUnless(elsewhere)('an index that cannot be reached is named', () => {
  const { status, out } = run('--index', 'http://127.0.0.1:9/simple')
  assert.equal(status, 2)
  assert.match(out, /cuda:install: http:\/\/127\.0\.0\.1:9\/simple\/onnxruntime-gpu\/ cannot be reached/)
})
