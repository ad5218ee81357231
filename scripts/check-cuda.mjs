#!/usr/bin/env node
// npm run check:cuda: everything that can only be seen on a machine with a GPU, in one run.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { checkNodeVersion } from './node-version.mjs'

const usage = `Usage: npm run check:cuda -- [--model DIR] [--device cuda|cpu] [--size ace-0.6b|tiny] [--runs N] [--keep]
Golden parity, a 512-pixel generation of 20 steps with 1 and with 6 frames (the picture, and 5 of history) against
100 ms and 1.0 s, 100 runs without NaN, and memory that runs out: a table and an exit status (0 all passed, 1 something
failed, 2 the check could not be made, with what is missing).

  --model DIR     a converted model; default: random weights of the size, made by ml (random-checkpoint, convert)
  --device cpu    a rehearsal on a machine without a GPU: the targets of speed are not held against it
  --size tiny     with the tiny model of the tests
  --runs N        runs with random inputs that must give numbers (default 100)
  --keep          keeps the model that was made, and says where

On a bare machine: npm ci && npm run build && bash ml/setup.sh, then the CUDA provider:
(cd node_modules/onnxruntime-node && node script/install.js --onnxruntime-node-install=cuda12)`

const options = {
  model: { type: 'string' }, device: { type: 'string', default: 'cuda' }, size: { type: 'string', default: 'ace-0.6b' },
  runs: { type: 'string', default: '100' }, keep: { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
}
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

class Missing extends Error {}

checkNodeVersion()
const { root, runCommand } = await import('./run-command.mjs')
const scratch = mkdtempSync(join(tmpdir(), 'atelier cuda check '))
let kept = false
try {
  const { values } = parseArgs({ options })
  if (values.help) console.log(usage)
  else {
    kept = values.keep
    const rows = await check(values)
    console.log(`\n| check | result | wanted | |\n| --- | --- | --- | --- |`)
    for (const { name, result, wanted, passed } of rows)
      console.log(`| ${name} | ${result} | ${wanted} | ${passed === null ? 'not held' : passed ? 'passed' : 'FAILED'} |`)
    const failed = rows.filter((row) => row.passed === false).length
    console.log(`\n${rows.filter((row) => row.passed).length} passed, ${failed} failed on ${values.device}`)
    if (failed) process.exitCode = 1
  }
} catch (error) {
  console.error(`check:cuda: ${error.message}`)
  process.exitCode = 2
} finally {
  if (kept) console.log(`kept: ${scratch}`)
  else rmSync(scratch, { recursive: true, force: true })
}

async function check({ device, size, model: given, runs }) {
  if (!['cuda', 'cpu'].includes(device) || !['ace-0.6b', 'tiny'].includes(size)) throw new Missing(`unknown device or size.\n\n${usage}`)
  if (!existsSync(join(root, 'packages/ace/dist/src/index.js'))) throw new Missing('the packages are not built: npm run build')
  const ace = await import('../packages/ace/dist/src/index.js')
  if (device === 'cuda') {
    const smi = spawnSync('nvidia-smi', ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'], { encoding: 'utf8' })
    const missing = [
      smi.status !== 0 && 'no GPU: nvidia-smi does not answer.', ace.cudaNotInstalled(),
    ].filter(Boolean)
    if (missing.length) throw new Missing(`${missing.join(' ')}\nA rehearsal without a GPU: npm run check:cuda -- --device cpu --size tiny`)
    console.log(smi.stdout.trim())
  }
  const folder = given ? resolve(process.env.INIT_CWD ?? '.', given) : await makeModel(size)
  const rows = [await parity(device)]
  const openings = []
  const model = await ace.openModel(folder, { device, onOpening: (opening) => opening.ms !== null && openings.push(opening) })
  const seconds = openings.reduce((sum, { ms }) => sum + ms, 0) / 1000
  rows.push({ name: 'opening the model', result: `${seconds.toFixed(1)} s`, wanted: '', passed: null })
  try {
    const request = await requests(model.manifest, ace.encodePng)
    const hold = device === 'cuda' && size !== 'tiny'
    for (const [frames, limit] of [[1, 100], [6, 1000]]) {
      await model.generate(request(frames, 1))
      const times = []
      for (let i = 0; i < 5; i++) times.push((await model.generate(request(frames, i))).timings.denoiseMs)
      const ms = median(times)
      rows.push({ name: `20 steps, ${frames} frame${frames > 1 ? 's' : ''}`, result: `${ms.toFixed(0)} ms`, wanted: `≤ ${limit} ms`, passed: hold ? ms <= limit : null })
    }
    rows.push(await noNan(model, request, Number(runs)))
    rows.push(await outOfMemory(model, request))
  } finally {
    await model.close()
  }
  return rows
}

/** A folder with random weights. */
async function makeModel(size) {
  if (size === 'tiny') return join(root, 'packages/ace/test/fixtures/tiny-model')
  const python = process.env.PYTHON ?? join(root, 'ml/.venv/bin/python')
  if (!existsSync(python)) throw new Missing('there is no ml/.venv; make it with: bash ml/setup.sh')
  const [checkpoint, out] = [join(scratch, 'checkpoint'), join(scratch, size)]
  const ml = (...args) => runCommand(python, ['-m', 'atelier_ml', ...args], { cwd: join(root, 'ml') })
  await ml('random-checkpoint', '--out', checkpoint, '--size', size)
  const file = (name) => ['.safetensors', '.pth', '.bin', ''].map((end) => join(checkpoint, name + end)).find(existsSync) ?? join(checkpoint, name)
  await ml('convert', '--dit', file('dit'), '--vae', file('vae'), '--text-encoder', file('text-encoder'), '--tokenizer', file('tokenizer'), '--out', out, '--precision', 'fp16')
  return out
}

/** The golden cases in fp32 through the graphs on the device. */
async function parity(device) {
  const { closeGraphs, compareGolden, openGraphs } = await golden()
  const fixtures = join(root, 'packages/ace/test/fixtures')
  const graphs = await openGraphs(join(fixtures, 'golden-dit'), { conditioner: 'conditioner.onnx', denoiser: 'denoiser.onnx' }, { device })
  try {
    const worst = Math.max(...(await compareGolden(join(fixtures, 'golden/ace_dit_golden_a.safetensors'), graphs)).map(({ error }) => error))
    // TF32 products are allowed on a GPU and have 10 bits
    const limit = device === 'cuda' ? 2e-3 : 3e-5
    return { name: 'golden cases, fp32', result: worst.toExponential(1), wanted: `≤ ${limit}`, passed: worst <= limit }
  } finally {
    await closeGraphs(graphs)
  }
}

async function golden() {
  const { closeGraphs, openGraphs, readGoldenDit } = await import('../packages/ace/dist/src/parity/index.js')
  const { compare } = await import('../packages/ace/dist/src/parity/compare.js')
  return { closeGraphs, openGraphs, compareGolden: async (file, graphs) => compare(await readGoldenDit(file), graphs) }
}

/** Requests with `frames` frames in all, the target's among them: one is a picture from text. */
async function requests({ defaults }, encodePng) {
  const [width, height] = [defaults.width, defaults.height]
  const picture = (seed) => {
    let state = seed + 1
    return Uint8Array.from({ length: width * height * 3 }, () => (state = (state * 1103515245 + 12345) & 0x7fffffff) >> 16 & 255)
  }
  const pictures = await Promise.all([1, 2, 3, 4, 5].map((seed) => encodePng(picture(seed), width, height)))
  return (frames, seed, changes = {}) => ({
    instruction: 'a red circle on a blue table, seen from above', width, height, steps: 20, seed,
    guidanceScale: defaults.guidanceScale, guidanceRescale: defaults.guidanceRescale, negativePrompt: '', keepUnmasked: false, cacheScope: 'check',
    frames: pictures.slice(0, frames - 1).map((image, i) => ({ image, mask: null, maskMode: 'keep', instruction: `turn ${i}` })),
    currentFrames: frames > 1 ? 1 : 0, ...changes,
  })
}

/** Random weights and inputs: every result must be numbers (the pipeline refuses what is not). */
async function noNan(model, request, runs) {
  let bad = 0
  for (let seed = 0; seed < runs; seed++) {
    await model.generate(request(1 + (seed % 6), seed, { steps: 2 })).catch((error) => {
      if (error.code !== 'model_invalid_output') throw error
      bad++
    })
  }
  return { name: `numbers in ${runs} runs`, result: `${bad} without`, wanted: '0', passed: bad === 0 }
}

/** Asks for a picture that no memory holds, in a process of its own under a limit on the CPU; the model must go on after it. */
async function outOfMemory(model, request) {
  const name = 'memory that runs out (CPU)'
  const wanted = 'model_out_of_memory, then a picture'
  const run = spawnSync(process.execPath, [join(root, 'packages/ace/dist/test/out-of-memory-child.js')], { encoding: 'utf8' })
  const result = run.stdout.trim() || run.stderr.trim().split('\n').at(-1)
  const after = await model.generate(request(1, 1, { steps: 2 })).then(() => 'a picture', (error) => error.message)
  return { name, result: `${result}, then ${after}`, wanted, passed: /model_out_of_memory/.test(result) && after === 'a picture' }
}
