#!/usr/bin/env node
// npm run bench:model: denoiser steps against PyTorch, and whole generations.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { median } from './bench/median.mjs'
import { checkNodeVersion } from './node-version.mjs'

const usage = `Usage: npm run bench:model [-- OPTIONS]
Times denoiser steps of the ONNX graphs and of PyTorch eager with the same random weights, taking turns, and whole
generations of a model folder. Needs Python 3.11 or newer; makes ml/.venv when it is missing.

  --model DIR        model folder (default models/ace-mini); steps are timed with random weights of its sizes
  --full             ACE-0.6B's sizes instead, steps alone: width 1152, depth 28, 32×32 tokens a frame. Graphs and
                     weights (3 GB) are made on the first use in .atelier/bench; PyTorch and graphs take 8 GB
  --depth N          blocks of --full (default 28): time is in proportion
  --history LIST     frames of history (default 0,1,3,5)
  --precisions LIST  graphs, from fp32, int8, fp16, mixed (default fp32,int8); fp32 must be among them
  --batch N          2 = with guidance (default), 1 = without
  --runs N           runs, at least 5 (default 5); medians are printed
  --device NAME      cpu (default) or cuda, for the graphs; PyTorch stays on the CPU
  --threads N        threads of both (default: all cores)
  --json FILE        write the numbers as JSON, too
  --help             show this`

const options = {
  model: { type: 'string', default: 'models/ace-mini' },
  full: { type: 'boolean', default: false },
  depth: { type: 'string', default: '28' },
  history: { type: 'string', default: '0,1,3,5' },
  precisions: { type: 'string', default: 'fp32,int8' },
  batch: { type: 'string', default: '2' },
  runs: { type: 'string', default: '5' },
  device: { type: 'string', default: 'cpu' },
  threads: { type: 'string', default: String(availableParallelism()) },
  json: { type: 'string' },
}

class UsageError extends Error {}

function whole(values, name, low, high) {
  const value = Number(values[name])
  if (!Number.isInteger(value) || value < low || value > high)
    throw new UsageError(`--${name} must be a whole number from ${low} to ${high}, not ${values[name]}`)
  return value
}

function readOptions() {
  let values
  try {
    values = parseArgs({ options }).values
  } catch (error) {
    throw new UsageError(error.message)
  }
  const history = values.history.split(',').map(Number)
  if (!history.every((count) => Number.isInteger(count) && count >= 0 && count <= 9))
    throw new UsageError(`--history must be numbers from 0 to 9 with commas between them, not ${values.history}`)
  const precisions = values.precisions.split(',')
  if (!precisions.includes('fp32') || precisions.some((name) => !['fp32', 'int8', 'fp16', 'mixed'].includes(name)))
    throw new UsageError(`--precisions must be fp32 and any of int8, fp16, mixed, not ${values.precisions}`)
  if (!['cpu', 'cuda'].includes(values.device))
    throw new UsageError(`--device must be cpu or cuda, not ${values.device}`)
  // npm runs scripts in the repository; paths are meant from where the command was typed.
  const from = process.env.INIT_CWD ?? process.cwd()
  const model = values.model === options.model.default ? join(root, values.model) : resolve(from, values.model)
  if (!values.full && !existsSync(join(model, 'manifest.json')))
    throw new UsageError(`there is no model folder ${model}`)
  return {
    model,
    history,
    precisions,
    full: values.full,
    device: values.device,
    depth: whole(values, 'depth', 1, 28),
    batch: whole(values, 'batch', 1, 2),
    runs: whole(values, 'runs', 5, 100),
    threads: whole(values, 'threads', 1, 256),
    json: values.json && resolve(from, values.json),
  }
}

/** What steps are timed at: sizes of the network, and tokens along one side of a frame. */
function stepSizes({ full, depth, model }) {
  if (full) return { width: 1152, depth, heads: 16, channels: 4, side: 32 }
  const { dit, latent, defaults } = JSON.parse(readFileSync(join(model, 'manifest.json'), 'utf8'))
  const side = defaults.width / latent.downscale / dit.patch
  return { width: dit.width, depth: dit.depth, heads: dit.heads, channels: latent.channels, side }
}

/** Makes the random denoisers unless they are there. */
async function prepareDenoisers({ width, depth, heads, channels }, precisions, python) {
  const folder = join(root, '.atelier', 'bench', `dit-${width}-${depth}-${heads}-${channels}`)
  if (!['sizes.json', ...precisions.map((name) => `${name}.onnx`)].every((name) => existsSync(join(folder, name)))) {
    console.error(`Making ${folder} …`)
    const sizes = Object.entries({ width, depth, heads, channels }).flatMap(([name, value]) => [
      `--${name}`,
      String(value),
    ])
    const args = ['-m', 'atelier_ml', 'bench-graphs', '--out', folder, ...sizes, '--precisions', ...precisions]
    await runCommand(python, args, { cwd: join(root, 'ml') })
  }
  return folder
}

const line = (cells) => `| ${cells.join(' | ')} |`
const table = (head, rows) => [line(head), line(head.map(() => '---:')), ...rows.map(line)].join('\n')
const ms = (value) => value.toFixed(value < 10 ? 2 : 0)
const percent = (value) => `${(100 * value).toFixed(value < 0.01 ? 2 : 0)} %`

function stepTable(rows, precisions) {
  const others = precisions.filter((name) => name !== 'fp32')
  const head = [
    'history',
    'GFLOP',
    'PyTorch ms',
    'ours ms',
    'ours × PyTorch',
    'GFLOP/s',
    'of product rate',
    'error / std',
  ]
  head.push(
    ...others.flatMap((name) => [`${name} ms`, `${name} × fp32`, `${name} error / std`]),
    'pipeline ms',
    'of step',
  )
  return table(
    head,
    rows.map(({ history, flops, productFlops, ms: times, errors, ownMs }) => {
      const rate = (flops / times.fp32) * 1000
      const cells = [
        history,
        (flops / 1e9).toFixed(1),
        ms(times.torch),
        ms(times.fp32),
        (times.torch / times.fp32).toFixed(2),
      ]
      cells.push((rate / 1e9).toFixed(0), percent(rate / productFlops), errors.fp32.toExponential(0))
      for (const name of others)
        cells.push(ms(times[name]), (times.fp32 / times[name]).toFixed(2), errors[name].toExponential(0))
      return [...cells, ms(ownMs), percent(ownMs / times.fp32)]
    }),
  )
}

const generationTable = (rows) =>
  table(
    ['history', 'steps', 'generation ms', 'in session.run ms', 'overhead'],
    rows.map(({ history, steps, totalMs, graphsMs, overhead }) => [
      history,
      steps,
      ms(totalMs),
      ms(graphsMs),
      percent(overhead),
    ]),
  )

async function bench(chosen) {
  await (await import('./install.mjs')).install()
  await runNode('typescript/bin/tsc', ['-b', 'packages/ace'])
  await runCommand('bash', [join(root, 'ml/setup.sh')])
  const python = join(root, 'ml/.venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const { side, ...sizes } = stepSizes(chosen)
  const folder = await prepareDenoisers(sizes, chosen.precisions, python)
  const size = JSON.parse(readFileSync(join(folder, 'sizes.json'), 'utf8'))
  const { TorchProcess } = await import('./bench/torch-process.mjs')
  const { benchSteps } = await import('./bench/bench-steps.mjs')
  const torch = new TorchProcess(python, { cwd: join(root, 'ml'), folder, threads: chosen.threads })
  let steps
  try {
    steps = await benchSteps(torch, { ...chosen, folder, size, side, text: 32 })
  } finally {
    torch.close()
  }
  console.log(`\nnpm run bench:model -- ${process.argv.slice(2).join(' ')}\n`)
  console.log(
    `One denoiser step, width ${size.width}, depth ${size.depth}, ${side * side} tokens a frame, batch ${chosen.batch}, ` +
      `${chosen.device}, ${chosen.threads} threads, medians of ${chosen.runs}. Product rate: ` +
      `${(median(steps.map(({ productFlops }) => productFlops)) / 1e9).toFixed(0)} GFLOP/s.\n`,
  )
  console.log(stepTable(steps, chosen.precisions))
  let generations = []
  if (!chosen.full) {
    const { benchGenerations } = await import('./bench/bench-generations.mjs')
    generations = await benchGenerations(chosen)
    console.log(`\nWhole generations of ${chosen.model.slice(chosen.model.lastIndexOf('/') + 1)}, with its defaults:\n`)
    console.log(generationTable(generations))
  }
  if (chosen.json)
    writeFileSync(chosen.json, `${JSON.stringify({ sizes: size, ...chosen, steps, generations }, null, 2)}\n`)
}

checkNodeVersion()
const { root, runCommand, runNode } = await import('./run-command.mjs')
if (process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) {
  console.log(usage)
} else {
  try {
    await bench(readOptions())
  } catch (error) {
    console.error(
      error instanceof UsageError ? `bench:model: ${error.message}\n\n${usage}` : `bench:model: ${error.message}`,
    )
    process.exitCode = error instanceof UsageError ? 2 : 1
  }
}
