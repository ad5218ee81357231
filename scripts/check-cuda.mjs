#!/usr/bin/env node
// npm run check:cuda: everything that can only be seen on a machine with a GPU, in one run.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { MissingError } from './check-cuda/missing-error.mjs'
import { checkNodeVersion } from './node-version.mjs'

const usage = `Usage: npm run check:cuda [-- OPTIONS]
The whole check on a machine with one NVIDIA GPU: golden cases in fp32, fp16 against fp32 at each of 20 steps, the time of
512-pixel generations without history and with five pictures of it, random inputs, memory that runs out, DEVICE=auto.
Prints a table. Exit status 0: all passed; 1: something failed; 2: the check could not be made, with what is missing.

  --device NAME     cuda (default), or cpu: a rehearsal, in which the targets of speed do not count
  --size NAME       random weights to make and convert: ace-0.6b (default: 12 GB of files, then 10 GB of model folders;
                    long on few cores), or tiny
  --work DIR        make the model folders there, keep them, and use those that are there already (default: a scratch
                    folder that is removed)
  --model DIR --reference DIR
                    converted folders of the same weights, fp16 and fp32, instead of random ones
  --side N          pixels of the pictures' sides (default 512, with tiny weights 128)
  --inputs N        random inputs that must come to numbers (default 1000, on a CPU 12)
  --json FILE       write the table as JSON, too
  --help            show this

On a bare machine: npm ci && npm run build && bash ml/setup.sh, then the CUDA provider, for CUDA 12 and cuDNN 9:
(cd node_modules/onnxruntime-node && node script/install.js --onnxruntime-node-install=cuda12)
Without a GPU: npm run check:cuda -- --device cpu --size tiny`

const text = { type: 'string' }
const options = {
  device: { ...text, default: 'cuda' },
  size: { ...text, default: 'ace-0.6b' },
  work: text,
  model: text,
  reference: text,
  side: text,
  inputs: text,
  json: text,
  help: { type: 'boolean', default: false },
}

function readOptions() {
  let values
  try {
    values = parseArgs({ options }).values
  } catch (error) {
    throw new MissingError(`${error.message}\n\n${usage}`)
  }
  const refuse = (problem) => {
    throw new MissingError(`${problem}\n\n${usage}`)
  }
  if (values.help) return { help: true }
  const { device, size } = values
  if (!['cuda', 'cpu'].includes(device)) refuse(`--device must be cuda or cpu, not ${device}`)
  if (!['ace-0.6b', 'tiny'].includes(size)) refuse(`--size must be ace-0.6b or tiny, not ${size}`)
  if (!values.model !== !values.reference)
    refuse('--model and --reference go together: an fp16 and an fp32 folder of the same weights')
  const whole = (name, usual) => {
    const value = Number(values[name] ?? usual)
    if (!Number.isInteger(value) || value < 1) refuse(`--${name} must be a whole number from 1, not ${values[name]}`)
    return value
  }
  // npm runs scripts in the repository; paths are meant from where the command was typed.
  const path = (name) => values[name] && resolve(process.env.INIT_CWD ?? process.cwd(), values[name])
  const paths = Object.fromEntries(['work', 'model', 'reference', 'json'].map((name) => [name, path(name)]))
  if (paths.json && !existsSync(dirname(paths.json))) refuse(`--json: there is no folder ${dirname(paths.json)}`)
  return {
    device,
    size,
    ...paths,
    side: whole('side', size === 'tiny' ? 128 : 512),
    inputs: whole('inputs', device === 'cpu' ? 12 : 1000),
  }
}

/** The GPU's name, memory and driver. @throws MissingError with all that is missing */
function findGpu(cudaNotInstalled) {
  const smi = spawnSync('nvidia-smi', ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'], {
    encoding: 'utf8',
  })
  const missing = []
  if (smi.status !== 0) missing.push('no NVIDIA GPU: nvidia-smi is not installed or finds none')
  const provider = cudaNotInstalled()
  if (provider)
    missing.push(
      `${provider} (cd node_modules/onnxruntime-node && node script/install.js --onnxruntime-node-install=cuda12)`,
    )
  if (missing.length)
    throw new MissingError(
      `missing:\n- ${missing.join('\n- ')}\nA rehearsal without a GPU: npm run check:cuda -- --device cpu --size tiny`,
    )
  return smi.stdout.trim()
}

/** All checks, one after another; one that breaks is a row that failed, and the others go on. */
async function check({ device, size, work, model: given, reference, side, inputs }, scratch) {
  for (const built of ['packages/ace', 'apps/worker'])
    if (!existsSync(join(root, built, 'dist/src/index.js')))
      throw new MissingError(`${built} is not built: npm run build`)
  const { cudaNotInstalled, openModel } = await import('../packages/ace/dist/src/index.js')
  const machine = device === 'cuda' ? findGpu(cudaNotInstalled) : 'CPU, a rehearsal'
  const { makeModels } = await import('./check-cuda/make-models.mjs')
  if (work) mkdirSync(work, { recursive: true })
  const { fp16, fp32 } = given ? { fp16: given, fp32: reference } : await makeModels(size, work ?? scratch)
  const { checkAuto } = await import('./check-cuda/check-auto.mjs')
  const { checkExact } = await import('./check-cuda/check-exact.mjs')
  const { checkMemory } = await import('./check-cuda/check-memory.mjs')
  const { checkNumbers } = await import('./check-cuda/check-numbers.mjs')
  const { checkSpeed } = await import('./check-cuda/check-speed.mjs')
  const { drawRequests } = await import('./check-cuda/draw-requests.mjs')

  const rows = []
  const attempt = async (name, run) => {
    console.error(`${name} …`)
    try {
      rows.push(...[await run()].flat())
    } catch (error) {
      rows.push({ check: name, value: `broke: ${error.message}`, target: '', passed: false })
    }
  }
  const began = performance.now()
  const model = await openModel(fp16, { device })
  rows.push({
    check: 'opening the fp16 model',
    value: `${((performance.now() - began) / 1000).toFixed(1)} s`,
    target: '',
    passed: null,
  })
  let request
  try {
    request = await drawRequests(side, model.manifest.defaults)
    const held = device === 'cuda' && side === 512 && (Boolean(given) || size === 'ace-0.6b')
    await attempt('speed', () => checkSpeed(model, request, held))
    await attempt('random inputs', () => checkNumbers(model, request, inputs))
  } finally {
    await model.close()
  }
  await attempt('exactness', () => checkExact({ device, fp16, fp32, side }))
  await attempt('memory that runs out', () => checkMemory({ device, folder: fp16 }, request))
  await attempt('DEVICE=auto', () => checkAuto(join(root, 'packages/ace/test/fixtures/tiny-model')))
  return { machine, rows }
}

const verdict = (passed) => (passed === null ? '' : passed ? 'yes' : 'NO')

checkNodeVersion()
const { root } = await import('./run-command.mjs')
const scratch = mkdtempSync(join(tmpdir(), 'atelier-check-'))
try {
  const chosen = readOptions()
  if (chosen.help) console.log(usage)
  else {
    const { machine, rows } = await check(chosen, scratch)
    console.log(`\n${machine}\n\n| what | value | target | pass |\n| --- | ---: | ---: | --- |`)
    for (const { check: what, value, target, passed } of rows)
      console.log(`| ${what} | ${value} | ${target} | ${verdict(passed)} |`)
    const failed = rows.filter(({ passed }) => passed === false).length
    console.log(
      `\n${rows.filter(({ passed }) => passed).length} passed, ${failed} failed; a row without a verdict is for information.`,
    )
    if (chosen.json)
      writeFileSync(chosen.json, `${JSON.stringify({ machine, ...chosen, passed: failed === 0, rows }, null, 2)}\n`)
    if (failed) process.exitCode = 1
  }
} catch (error) {
  console.error(`check:cuda: ${error.message}`)
  process.exitCode = 2
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
