import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from '@jest/globals'
import { drawRequests } from '../src/check-cuda/draw-requests.js'
import { aceManifest } from '../src/estimate/ace-manifest.js'
import { estimateGeneration } from '../src/estimate/estimate.js'
import { gpus } from '../src/estimate/gpus.js'
import { vaeFlops } from '../src/estimate/vae-flops.js'

const manifest = await aceManifest()
const draw = await drawRequests(512, manifest.defaults)

test('a step is bound by what takes most of it', async () => {
  const on = (gpu: Partial<(typeof gpus)['h200']>, history = 0, historyRefresh = 1) =>
    estimateGeneration(manifest, { ...draw(history, 1), historyRefresh }, 120, { ...gpus.h200, ...gpu })
  const { step, total, around, steps } = await on({})
  assert.ok(step.compute > 2.4e-3 && step.compute < 6e-3, `${step.compute} s`)
  assert.equal(total, steps * step.total + around)
  assert.ok(step.total >= step.compute + step.memory && step.traffic < 1e6)
  assert.equal((await on({ memory: 1e11 })).step.bound, 'memory')
  assert.equal((await on({ bus: 1e6 })).step.bound, 'bus')
  assert.equal((await on({ flops: 1e17, memory: 1e14 })).step.bound, 'launch')
  const long = await on({}, 5)
  // Attention grows with the square of the frames.
  assert.ok(long.step.compute > 6 * step.compute && long.step.bound === 'compute')
  // A step that keeps the history computes one frame of six, and still sees all of them.
  const [two, four] = [await on({}, 5, 2), await on({}, 5, 4)]
  assert.ok(two.step.compute < 0.66 * long.step.compute && two.step.compute > 0.59 * long.step.compute)
  assert.ok(four.step.compute < 0.46 * long.step.compute && four.step.compute > 0.38 * long.step.compute)
  assert.deepEqual((await on({}, 0, 4)).step.compute, step.compute)
  // With step caching, six of twenty steps compute all blocks, and the others one of 28.
  const request = { ...draw(0, 1), historyRefresh: 4, stepCache: 0.1 }
  const cached = (await estimateGeneration(manifest, request, 120, gpus.h200)).step
  assert.ok(Math.abs(cached.compute / step.compute - (0.3 + 0.7 / 28)) < 0.01, `${cached.compute / step.compute}`)
})

test('of twenty steps in runs of five, fifteen compute the target alone', async () => {
  const of = async (steps: number, historyRefresh: number) =>
    (await estimateGeneration(manifest, { ...draw(5, 1), steps, historyRefresh }, 120, gpus.h200)).targetSteps
  // Runs of 5, 5, 5, 4 and 1 steps; of 2 × 9, 1 and 1; of 1; of 1 and 1.
  assert.deepEqual(await Promise.all([of(20, 5), of(20, 2), of(20, 1), of(1, 5), of(2, 5)]), [15, 9, 0, 0, 0])
})

test('what a run prepares is launched once a run, and where the host waits no other step makes up for it', async () => {
  const launched = async (history: number, changes: object, gpu = {}) => {
    const request = { ...draw(history, 1), ...changes }
    const { step } = await estimateGeneration(manifest, request, 120, { ...gpus.h200, ...gpu })
    return Math.round(step.launch * 20e6) / 4
  }
  // Twenty steps of 909 kernels, and five runs that prepare 253 each.
  assert.equal(await launched(0, {}), 20 * 909 + 5 * 253)
  // Runs of 5, 5, 5, 4 and 1: four prepare 411; 15 steps of 926 kernels and 8 copies in each of 28 blocks.
  const kept = 4 * 411 + 253 + 5 * 909
  assert.equal(await launched(5, { historyRefresh: 5 }), kept + 15 * (926 + 8 * 28))
  // The history is as long as the target: ONNX Runtime joins the two without tables.
  assert.equal(await launched(1, { historyRefresh: 5 }), kept + 15 * 926)
  assert.equal(await launched(0, { historyRefresh: 5, stepCache: 1 }), kept + 15 * (86 + 8))
  // An H200 computes a whole step for longer than it is launched, but not the first block alone.
  const { step } = await estimateGeneration(
    manifest,
    { ...draw(0, 1), historyRefresh: 5, stepCache: 1 },
    120,
    gpus.h200,
  )
  assert.ok(step.total > Math.max(step.compute + step.memory, step.launch) + step.bus + 1e-4)
})

test('what is kept is read twice and written once at each step', async () => {
  const memory = async (history: number, historyRefresh: number) =>
    (await estimateGeneration(manifest, { ...draw(history, 1), historyRefresh }, 120, gpus.h200)).step.memory * 20
  // Five frames of 1024 tokens, two passes, 28 blocks 1152 wide, keys and values of two bytes, in 15 steps.
  const kept = (15 * 5 * 1024 * 2 * 28 * 1152 * 12) / gpus.h200.memory
  const rest = 5 * ((await memory(5, 1)) / 20) + 15 * ((await memory(0, 1)) / 20)
  assert.ok(Math.abs(((await memory(5, 5)) - rest) / kept - 1) < 0.01)
})

test('the VAE is counted as published: 2.5 TFLOP for 512 pixels', () => {
  const flops = vaeFlops({ width: 512, height: 512 })
  assert.ok(flops > 2.2e12 && flops < 2.8e12, `${flops}`)
})

test('bench:model prints an estimate, marked as computed, without running anything', () => {
  const command = fileURLToPath(new URL('../src/bench-model.js', import.meta.url))
  const folder = mkdtempSync(join(tmpdir(), 'atelier-estimate-'))
  try {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [command, '--estimate', ...args], { encoding: 'utf8' })
    const json = join(folder, 'estimate.json')
    const { status, stdout } = run('l4', '--history', '0,5', '--json', json)
    assert.equal(status, 0)
    assert.match(stdout, /Computed, not measured: ACE-0\.6B on one L4/)
    assert.equal(stdout.split('\n').filter((line) => /^\| \d/.test(line)).length, 2 + 4)
    assert.equal((JSON.parse(readFileSync(json, 'utf8')) as { computed: boolean }).computed, true)
    const unknown = run('h300')
    assert.equal(unknown.status, 2)
    assert.match(unknown.stderr, /--estimate must be one of/)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
