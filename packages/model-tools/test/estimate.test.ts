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
  const on = (gpu: Partial<(typeof gpus)['h200']>, history = 0) =>
    estimateGeneration(manifest, draw(history, 1), 120, { ...gpus.h200, ...gpu })
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
    assert.equal(stdout.split('\n').filter((line) => /^\| \d/.test(line)).length, 2)
    assert.equal((JSON.parse(readFileSync(json, 'utf8')) as { computed: boolean }).computed, true)
    const unknown = run('h300')
    assert.equal(unknown.status, 2)
    assert.match(unknown.stderr, /--estimate must be one of/)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
