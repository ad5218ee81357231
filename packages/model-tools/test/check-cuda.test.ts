import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, test } from '@jest/globals'
import type { GenerateRequest, GenerateResult } from '@atelier/ace'
import { testUnless } from '@atelier/testing'
import { checkExact } from '../src/check-cuda/check-exact.js'
import { checkNumbers, checkSpeed } from '../src/check-cuda/check-generations.js'
import type { DrawRequest } from '../src/check-cuda/draw-requests.js'
import { makeModels } from '../src/check-cuda/make-models.js'
import type { Row } from '../src/check-cuda/outcome.js'
import { fixture, root } from '../src/repository.js'

const command = fileURLToPath(new URL('../src/check-cuda.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'atelier check '))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const run = (args: string[], env: Record<string, string> = {}) =>
  spawnSync(process.execPath, [command, ...args], { encoding: 'utf8', env: { ...process.env, ...env } })
const cannotRehearse =
  (spawnSync('prlimit', ['--version']).status !== 0 && 'this machine has no prlimit to take memory away with') ||
  (!existsSync(join(root, 'apps/standalone/dist/src/index.js')) && 'apps/standalone is not built')

const request: DrawRequest = (history, seed, changes) =>
  ({ width: 512, frames: Array(history), seed, ...changes }) as GenerateRequest
const result = (denoiseMs: number): GenerateResult => ({
  pixels: new Uint8Array(),
  width: 512,
  height: 512,
  timings: { encodeMs: 1, denoiseMs, decodeMs: 2 },
  encoded: { texts: 0, images: 0 },
})

describe('the check on a GPU', () => {
  test('stops without one and says what is missing', () => {
    const { status, stderr, stdout } = run([], { PATH: folder })
    assert.deepEqual([status, stdout], [2, ''])
    assert.match(stderr, /- no NVIDIA GPU: nvidia-smi/)
    assert.match(stderr, /--device cpu --size tiny/)
  })

  test('refuses options that it cannot follow, with the usage', () => {
    for (const [args, problem] of [
      [['--device', 'gpu'], /--device must be cuda or cpu, not gpu/],
      [['--size', 'huge'], /--size must be/],
      [['--model', folder], /--model and --reference go together/],
      [['--side', '0'], /--side must be a whole number/],
      [['--json', join(folder, 'none/a.json')], /there is no folder/],
      [['--fast'], /--fast/],
    ] as [string[], RegExp][]) {
      const { status, stderr } = run(args)
      assert.equal(status, 2)
      assert.match(stderr, problem)
      assert.match(stderr, /Usage: npm run check:cuda/)
    }
  })

  testUnless(cannotRehearse)('is rehearsed on the CPU from end to end, with folders that are there', () => {
    const json = join(folder, 'table.json')
    const args = [
      '--device',
      'cpu',
      '--model',
      fixture('tiny-fp16'),
      '--reference',
      fixture('tiny-model'),
      '--side',
      '64',
      '--inputs',
      '6',
    ]
    const { status, stdout, stderr } = run([...args, '--json', json])
    assert.equal(status, 0, stdout + stderr)
    const { passed, rows } = JSON.parse(readFileSync(json, 'utf8')) as { passed: boolean; rows: Row[] }
    assert.equal(passed, true)
    const judged = rows.filter((row) => row.passed !== null)
    assert.deepEqual(
      judged.map(({ passed: one }) => one),
      Array(7).fill(true),
    )
    assert.deepEqual(
      rows.filter(({ target }) => target.endsWith('ms')).map(({ target, passed: one }) => [target, one]),
      [
        ['≤ 100 ms', null],
        ['≤ 1000 ms', null],
      ],
    )
    for (const { check, value } of rows) assert.ok(stdout.includes(`| ${check} | ${value} |  | `), check)
  })

  test('sees a model that is too far from fp32', async () => {
    const rows = await checkExact({ device: 'cpu', fp16: fixture('tiny-int8'), fp32: fixture('tiny-model'), side: 64 })
    assert.deepEqual(
      rows.map(({ passed }) => passed),
      [true, true, false, false],
    )
  })

  test('counts what does not come to numbers, and lets other errors through', async () => {
    const failing = (code: string) => ({
      async generate({ seed }: GenerateRequest): Promise<GenerateResult> {
        if (seed === 2) throw Object.assign(new Error('bad'), { code })
        return result(1)
      },
    })
    const { value, passed } = await checkNumbers(failing('model_invalid_output'), request, 4)
    assert.deepEqual([value, passed], ['1 not, the first with seed 2', false])
    await assert.rejects(checkNumbers(failing('model_failed'), request, 4), /bad/)
  })

  test('holds the median of five runs of the steps against the targets', async () => {
    const times = [9999, 90, 101, 90, 101, 90, 9999, 1001, 990, 1001, 990, 1001]
    const scopes = new Set<string>()
    const generate = async ({ frames, cacheScope }: GenerateRequest) => {
      scopes.add(`${frames.length} ${cacheScope}`)
      return result(times.shift()!)
    }
    const rows = (await checkSpeed({ generate }, request, { held: true })).filter(({ target }) => target.endsWith('ms'))
    // Each run encodes its own texts and pictures.
    assert.equal(scopes.size, 12)
    assert.deepEqual(
      rows.map(({ value, passed }) => [value, passed]),
      [
        ['90 ms', true],
        ['1001 ms', false],
      ],
    )
  })

  test('makes no model that is there already', async () => {
    for (const name of ['fp16', 'fp32']) {
      mkdirSync(join(folder, `tiny-512px-${name}`))
      writeFileSync(join(folder, `tiny-512px-${name}`, 'manifest.json'), '{}')
    }
    assert.deepEqual(await makeModels('tiny', folder), {
      fp16: join(folder, 'tiny-512px-fp16'),
      fp32: join(folder, 'tiny-512px-fp32'),
    })
  })
})
