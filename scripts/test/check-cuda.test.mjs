import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { checkExact } from '../check-cuda/check-exact.mjs'
import { checkNumbers } from '../check-cuda/check-numbers.mjs'
import { checkSpeed } from '../check-cuda/check-speed.mjs'
import { makeModels } from '../check-cuda/make-models.mjs'
import { root } from '../run-command.mjs'

const folder = mkdtempSync(join(tmpdir(), 'atelier check '))
after(() => rmSync(folder, { recursive: true, force: true }))
const fixture = (name) => join(root, 'packages/ace/test/fixtures', name)
const run = (args, env = {}) =>
  spawnSync(process.execPath, [join(root, 'scripts/check-cuda.mjs'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
const noPrlimit =
  spawnSync('prlimit', ['--version']).status !== 0 && 'this machine has no prlimit to take memory away with'

describe('the check on a GPU', () => {
  it('stops without one and says what is missing', () => {
    const { status, stderr, stdout } = run([], { PATH: folder })
    assert.deepEqual([status, stdout], [2, ''])
    assert.match(stderr, /- no NVIDIA GPU: nvidia-smi/)
    assert.match(stderr, /--device cpu --size tiny/)
  })

  it('refuses options that it cannot follow, with the usage', () => {
    for (const [args, problem] of [
      [['--device', 'gpu'], /--device must be cuda or cpu, not gpu/],
      [['--size', 'huge'], /--size must be/],
      [['--model', folder], /--model and --reference go together/],
      [['--side', '0'], /--side must be a whole number/],
      [['--json', join(folder, 'none/a.json')], /there is no folder/],
      [['--fast'], /--fast/],
    ]) {
      const { status, stderr } = run(args)
      assert.equal(status, 2)
      assert.match(stderr, problem)
      assert.match(stderr, /Usage: npm run check:cuda/)
    }
  })

  it('is rehearsed on the CPU from end to end, with folders that are there', { skip: noPrlimit }, () => {
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
    const { passed, rows } = JSON.parse(readFileSync(json, 'utf8'))
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
    for (const { check, value } of rows) assert.ok(stdout.includes(`| ${check} | ${value} |`), check)
  })

  it('sees a model that is too far from fp32', async () => {
    const rows = await checkExact({ device: 'cpu', fp16: fixture('tiny-int8'), fp32: fixture('tiny-model'), side: 64 })
    assert.deepEqual(
      rows.map(({ passed }) => passed),
      [true, true, false, false],
    )
  })

  it('counts what does not come to numbers, and lets other errors through', async () => {
    const failing = (code) => ({
      generate: async ({ seed }) => {
        if (seed === 2) throw Object.assign(new Error('bad'), { code })
      },
    })
    const request = (history, seed) => ({ history, seed })
    const { value, passed } = await checkNumbers(failing('model_invalid_output'), request, 4)
    assert.deepEqual([value, passed], ['1 not, the first with seed 2', false])
    await assert.rejects(checkNumbers(failing('model_failed'), request, 4), /bad/)
  })

  it('holds the median of five runs of the steps against the targets', async () => {
    const times = [9999, 90, 101, 90, 101, 90, 9999, 1001, 990, 1001, 990, 1001]
    const scopes = []
    const generate = async ({ history, cacheScope }) => {
      scopes.push(`${history} ${cacheScope}`)
      return { timings: { encodeMs: 1, denoiseMs: times.shift(), decodeMs: 2 } }
    }
    const request = (history, seed, changes) => ({ width: 512, history, ...changes })
    const rows = (await checkSpeed({ generate }, request, true)).filter(({ target }) => target)
    // each run encodes its own texts and pictures
    assert.equal(new Set(scopes).size, 12)
    assert.deepEqual(
      rows.map(({ value, passed }) => [value, passed]),
      [
        ['90 ms', true],
        ['1001 ms', false],
      ],
    )
  })

  it('makes no model that is there already', async () => {
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
