import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, test } from '@jest/globals'
import type { GenerateRequest, GenerateResult } from '@atelier/ace'
import type { Manifest } from '@atelier/contracts'
import { testUnless, withCopy } from '@atelier/testing'
import { checkKept, checkSteps } from '../src/check-cuda/check-exact.js'
import { checkNumbers, checkSpeed } from '../src/check-cuda/check-generations.js'
import { checkPlacement } from '../src/check-cuda/check-placement.js'
import { drawRequests, type DrawRequest } from '../src/check-cuda/draw-requests.js'
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
  batch: 1,
})

/** A copy of the tiny model with the graph of `speed: "fast"`. */
const withKept = (use: (copy: string, graph: string) => Promise<void>): Promise<void> =>
  withCopy(fixture('tiny-model'), async (copy) => {
    const path = join(copy, 'manifest.json')
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as { cuda: object }
    writeFileSync(path, JSON.stringify({ ...manifest, cuda: { ...manifest.cuda, keptSampler: 'kept_sampler.onnx' } }))
    const graph = join(copy, 'kept_sampler.onnx')
    copyFileSync(fixture('tiny-model-kept-sampler.onnx'), graph)
    await use(copy, graph)
  })

describe('the check on a GPU', () => {
  test('stops without one and says what is missing', () => {
    const { status, stderr, stdout } = run([], { PATH: folder })
    assert.deepEqual([status, stdout], [2, ''])
    assert.match(stderr, /- no NVIDIA GPU: nvidia-smi/)
    assert.match(stderr, /--device cpu --size tiny/)
  })

  test('leaves a file that says why it could not begin', () => {
    const json = join(folder, 'without.json')
    assert.equal(run(['--json', json], { PATH: folder }).status, 2)
    const { error, passed } = JSON.parse(readFileSync(json, 'utf8')) as { error: string; passed: boolean }
    assert.match(error, /no NVIDIA GPU/)
    assert.equal(passed, false)
  })

  testUnless(cannotRehearse)('checks what it can of a model that cannot be opened', async () => {
    await withKept(async (copy, graph) => {
      writeFileSync(graph, readFileSync(graph).subarray(0, 1000))
      const json = join(folder, 'broken.json')
      const args = ['--device', 'cpu', '--model', copy, '--reference', copy, '--side', '64', '--json', json]
      const { status, stdout, stderr } = run(args)
      assert.equal(status, 1, stderr)
      const found = JSON.parse(readFileSync(json, 'utf8')) as { passed: boolean; complete: boolean; rows: Row[] }
      assert.deepEqual([found.passed, found.complete], [false, true])
      const verdicts = found.rows.map(({ check, passed }) => `${check.split(',')[0]} ${passed}`)
      assert.deepEqual(verdicts, [
        'golden steps true',
        'golden sampling run true',
        'fp16 against fp32 true',
        'fp16 against fp32 true',
        'kept sampler false',
        'opening the fp16 model false',
        'memory taken away from a worker true',
        'nodes of the loops false',
        'DEVICE=auto without a GPU true',
      ])
      const broken = found.rows.filter(({ passed }) => passed === false)
      for (const { check, value } of broken) {
        assert.match(value, /^broke: .*kept_sampler\.onnx/)
        assert.ok(stdout.includes(`| ${check} | broke: `))
      }
    })
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
      Array(8).fill(true),
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
    const rows = await checkSteps('cpu', { fp16: fixture('tiny-int8'), fp32: fixture('tiny-model'), side: 64 })
    assert.deepEqual(
      rows.map(({ passed }) => passed),
      [false, false],
    )
  })

  test('sees a kept sampler that computes something else', async () => {
    await withKept(async (right, graph) => {
      const passed = (rows: Row[]) => rows.map((row) => row.passed)
      assert.deepEqual(passed(await checkKept('cpu', { fp16: right, fp32: right, side: 64 })), [true, true, true])
      assert.deepEqual(await checkKept('cpu', { fp16: fixture('tiny-fp16'), fp32: right, side: 64 }), [])
      await assert.rejects(
        checkKept('cpu', { fp16: right, fp32: fixture('tiny-model'), side: 64 }),
        /has no kept_sampler\.onnx/,
      )
      await withCopy(right, async (wrong) => {
        const bytes = readFileSync(graph)
        // The numbers of the first matrix of 48 by 192 float16: field 9 of a tensor, and its length.
        const field = Buffer.of(0x4a, 0x80, 0x90, 0x01)
        const at = bytes.indexOf(field) + field.length
        assert.ok(at > field.length)
        bytes.fill(0, at, at + 48 * 192 * 2)
        writeFileSync(join(wrong, 'kept_sampler.onnx'), bytes)
        assert.deepEqual(passed(await checkKept('cpu', { fp16: wrong, fp32: right, side: 64 })), [false, false, false])
      })
    })
  })

  test('sees nodes of a loop that run elsewhere', async () => {
    await withKept(async (model) => {
      const { defaults } = JSON.parse(readFileSync(join(model, 'manifest.json'), 'utf8')) as Manifest
      const draw = await drawRequests(64, defaults)
      const rows = await checkPlacement({ device: 'cpu', folder: model }, draw)
      assert.deepEqual(
        rows.map(({ check, passed }) => [check, passed]),
        [
          ['nodes of the loop of sampler.onnx', true],
          ['nodes of the loop of kept_sampler.onnx', true],
        ],
      )
      for (const { value } of rows) assert.match(value, /^all \d{3}$/)
      for (const { value, passed } of await checkPlacement({ device: 'cpu', folder: model }, draw, 'cuda')) {
        assert.equal(passed, false)
        assert.match(value, /^\d+ of \d+ elsewhere: .*Pad on CPUExecutionProvider/)
      }
    })
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

  test('makes a third of the random inputs fast where the model can be, with every number of pictures', async () => {
    const asked: GenerateRequest[] = []
    const generate = async (one: GenerateRequest) => {
      asked.push(one)
      return result(1)
    }
    await checkNumbers({ generate }, request, 72, true)
    const fast = asked.filter(({ historyRefresh }) => historyRefresh)
    assert.equal(fast.length, 24)
    assert.deepEqual(new Set(fast.map(({ frames }) => frames.length)), new Set([0, 1, 2, 3, 4, 5]))
    // Of fewer than three steps none would be the kept sampler's.
    assert.deepEqual(new Set(fast.map(({ steps }) => steps)), new Set([3, 4]))
    asked.length = 0
    await checkNumbers({ generate }, request, 12)
    assert.deepEqual(new Set(asked.map(({ steps, stepCache }) => `${steps} ${stepCache}`)).size, 4)
  })

  test('holds the median of five runs of the steps against the targets', async () => {
    const times = [9999, 90, 101, 90, 101, 90, 9999, 1001, 990, 1001, 990, 1001]
    const scopes = new Set<string>()
    const generate = async ({ cacheScope }: GenerateRequest) => {
      scopes.add(cacheScope)
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

  test('times fast where the model has it', async () => {
    const asked: GenerateRequest[] = []
    const generate = async (one: GenerateRequest) => {
      asked.push(one)
      return result(one.stepCache ? 200 : one.historyRefresh ? 401 : 50)
    }
    const rows = await checkSpeed({ generate }, request, { held: true, fast: true })
    assert.deepEqual(
      rows
        .filter(({ check }) => check.endsWith('the steps'))
        .map(({ value, target, passed }) => [value, target, passed]),
      [
        ['50 ms', '≤ 100 ms', true],
        ['50 ms', '≤ 1000 ms', true],
        ['401 ms', '≤ 400 ms', false],
        ['200 ms', '', null],
        ['200 ms', '', null],
      ],
    )
    assert.equal(new Set(asked.map(({ cacheScope }) => cacheScope)).size, 5 * 6)
    assert.deepEqual(
      asked
        .filter((_, index) => index % 6 === 0)
        .map(({ frames, historyRefresh, stepCache }) => [frames.length, historyRefresh, stepCache]),
      [
        [0, undefined, undefined],
        [5, undefined, undefined],
        [5, 5, undefined],
        [0, 5, 1],
        [5, 5, 1],
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
