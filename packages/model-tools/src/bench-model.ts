// npm run bench:model: denoiser steps against PyTorch, and whole generations.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Device } from '@atelier/ace'
import type { Manifest } from '@atelier/contracts'
import { readManifest } from '@atelier/contracts/model-folder'
import { typedNumber, TypedNumberError } from '@atelier/service'
import { benchBatch } from './bench/bench-batch.js'
import { benchGenerations, type GenerationTimes } from './bench/bench-generations.js'
import { benchSteps, type NetworkSize, type Precision } from './bench/bench-steps.js'
import { aceManifest } from './estimate/ace-manifest.js'
import { estimateTable } from './estimate/estimate-table.js'
import { estimateGeneration } from './estimate/estimate.js'
import { gpus, type GpuName } from './estimate/gpus.js'
import { drawRequests } from './check-cuda/draw-requests.js'
import { batchTable, generationTable, stepTable } from './bench/tables.js'
import { TorchProcess } from './bench/torch-process.js'
import { median } from './median.js'
import { embeddedModel, messageOf, ml, root, runProgram, setUpPython, typedPath, venvPython } from './repository.js'

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
  --batch-of N       nothing but N generations of one frame, 2 to 16, that wait at once: made one after another and in
                     one batch, taking turns. Needs no Python
  --runs N           runs, at least 5 (default 5); medians are printed
  --device NAME      cpu (default) or cuda, for the graphs; PyTorch stays on the CPU
  --threads N        threads of both (default: all cores)
  --estimate GPU     runs nothing: prints what a step and a generation of ACE-0.6B at 512 px, 20 steps with guidance,
                     float16 and texts of 120 tokens should take on h200, h100, a100, l4 or 4090, computed from counted
                     operations, bytes and kernels and the published rates
  --json FILE        write the numbers as JSON, too
  --help             show this`

const options = {
  model: { type: 'string' },
  full: { type: 'boolean', default: false },
  depth: { type: 'string', default: '28' },
  history: { type: 'string', default: '0,1,3,5' },
  precisions: { type: 'string', default: 'fp32,int8' },
  batch: { type: 'string', default: '2' },
  'batch-of': { type: 'string' },
  runs: { type: 'string', default: '5' },
  device: { type: 'string', default: 'cpu' },
  threads: { type: 'string', default: String(availableParallelism()) },
  estimate: { type: 'string' },
  json: { type: 'string' },
} as const

class UsageError extends Error {}

/** The command line, checked. */
interface Chosen {
  model: string
  history: number[]
  precisions: Precision[]
  full: boolean
  device: Device
  depth: number
  batch: number
  /** Generations that wait at once; undefined: steps and whole generations are timed. */
  batchOf: number | undefined
  runs: number
  threads: number
  estimate: GpuName | undefined
  json: string | undefined
}

function parseOptions() {
  try {
    return parseArgs({ options }).values
  } catch (error) {
    throw new UsageError(messageOf(error))
  }
}

/** @throws UsageError, TypedNumberError */
function readOptions(): Chosen {
  const values = parseOptions()
  const history = values.history
    .split(',')
    .map((count) => typedNumber('each of --history', count, { from: 0, to: 9, whole: true }))
  const precisions = values.precisions.split(',') as Precision[]
  if (!precisions.includes('fp32') || precisions.some((name) => !['fp32', 'int8', 'fp16', 'mixed'].includes(name)))
    throw new UsageError(`--precisions must be fp32 and any of int8, fp16, mixed, not ${values.precisions}`)
  if (values.device !== 'cpu' && values.device !== 'cuda')
    throw new UsageError(`--device must be cpu or cuda, not ${values.device}`)
  const whole = (name: 'depth' | 'batch' | 'batch-of' | 'runs' | 'threads', low: number, high: number): number => {
    return typedNumber(`--${name}`, values[name]!, { from: low, to: high, whole: true })
  }
  if (values.estimate !== undefined && !(values.estimate in gpus))
    throw new UsageError(`--estimate must be one of ${Object.keys(gpus).join(', ')}, not ${values.estimate}`)
  const model = values.model === undefined ? embeddedModel : typedPath(values.model)
  if (!values.full && !existsSync(join(model, 'manifest.json')))
    throw new UsageError(`there is no model folder ${model}`)
  return {
    model,
    history,
    precisions,
    full: values.full,
    device: values.device,
    depth: whole('depth', 1, 28),
    batch: whole('batch', 1, 2),
    batchOf: values['batch-of'] === undefined ? undefined : whole('batch-of', 2, 16),
    runs: whole('runs', 5, 100),
    threads: whole('threads', 1, 256),
    estimate: values.estimate as GpuName | undefined,
    json: values.json && typedPath(values.json),
  }
}

/** What steps are timed at: sizes of the network, and tokens along one side of a frame. */
type StepSizes = Pick<Manifest['dit'], 'width' | 'depth' | 'heads'> & { channels: number; side: number }

async function stepSizes({ full, depth, model }: Chosen): Promise<StepSizes> {
  if (full) return { width: 1152, depth, heads: 16, channels: 4, side: 32 }
  const { dit, latent, defaults } = await readManifest(model)
  const side = defaults.width / latent.downscale / dit.patch
  return { width: dit.width, depth: dit.depth, heads: dit.heads, channels: latent.channels, side }
}

/** Makes denoisers of random weights unless they are there; returns their folder. */
async function prepareDenoisers(
  { width, depth, heads, channels }: StepSizes,
  precisions: readonly Precision[],
): Promise<string> {
  const folder = join(root, '.atelier', 'bench', `dit-${width}-${depth}-${heads}-${channels}`)
  if (!['sizes.json', ...precisions.map((name) => `${name}.onnx`)].every((name) => existsSync(join(folder, name)))) {
    console.error(`Making ${folder} …`)
    const sizes = Object.entries({ width, depth, heads, channels }).flatMap(([name, value]) => [
      `--${name}`,
      `${value}`,
    ])
    const args = ['-m', 'atelier_ml', 'bench-graphs', '--out', folder, ...sizes, '--precisions', ...precisions]
    await runProgram(venvPython, args, ml)
  }
  return folder
}

/** Prints and saves what is computed for a GPU. */
async function printEstimate(gpu: GpuName, { history, json }: Chosen): Promise<void> {
  const manifest = await aceManifest()
  const draw = await drawRequests(512, manifest.defaults)
  const rows = []
  for (const count of history) {
    const shared = count > 0 ? [2, 5] : []
    const shortcuts = [1, ...shared].map((historyRefresh) => ({ historyRefresh, stepCache: 0 }))
    for (const shortcut of [...shortcuts, { historyRefresh: 5, stepCache: 0.1 }]) {
      const request = { ...draw(count, 1), negativePrompt: 'blurred', ...shortcut }
      const estimate = await estimateGeneration(manifest, request, 120, gpus[gpu])
      rows.push({ history: count, ...shortcut, estimate })
    }
  }
  console.log(`\nComputed, not measured: ACE-0.6B on one ${gpus[gpu].name}, 512 px, 20 steps with guidance, float16.\n`)
  console.log(estimateTable(rows))
  const { steps, targetSteps } = rows.at(-1)!.estimate
  console.log(`\n* step caching at best: ${targetSteps} of ${steps} steps compute one block.`)
  if (json) writeFileSync(json, `${JSON.stringify({ computed: true, gpu, rows }, null, 2)}\n`)
}

/** Prints and saves how fast several generations are made at once. */
async function printBatch(count: number, chosen: Chosen): Promise<void> {
  const times = await benchBatch(chosen, count)
  console.log(
    `\n${count} generations of ${basename(chosen.model)} with its defaults, ${chosen.device}, ${chosen.threads} threads, ` +
      `medians of ${chosen.runs}:\n`,
  )
  console.log(batchTable(times))
  if (chosen.json) writeFileSync(chosen.json, `${JSON.stringify({ ...chosen, batch: times }, null, 2)}\n`)
}

async function bench(chosen: Chosen): Promise<void> {
  if (chosen.estimate) return printEstimate(chosen.estimate, chosen)
  if (chosen.batchOf !== undefined) return printBatch(chosen.batchOf, chosen)
  await setUpPython()
  const sizes = await stepSizes(chosen)
  const { side } = sizes
  const folder = await prepareDenoisers(sizes, chosen.precisions)
  const size = JSON.parse(readFileSync(join(folder, 'sizes.json'), 'utf8')) as NetworkSize
  const torch = new TorchProcess({ folder, threads: chosen.threads })
  const steps = await benchSteps(torch, { ...chosen, folder, size, side, text: 32 }).finally(() => torch.close())
  console.log(`\nnpm run bench:model -- ${process.argv.slice(2).join(' ')}\n`)
  console.log(
    `One denoiser step, width ${size.width}, depth ${size.depth}, ${side * side} tokens a frame, batch ${chosen.batch}, ` +
      `${chosen.device}, ${chosen.threads} threads, medians of ${chosen.runs}. Product rate: ` +
      `${(median(steps.map(({ productFlops }) => productFlops)) / 1e9).toFixed(0)} GFLOP/s.\n`,
  )
  console.log(stepTable(steps, chosen.precisions))
  let generations: GenerationTimes[] = []
  if (!chosen.full) {
    generations = await benchGenerations(chosen)
    console.log(`\nWhole generations of ${basename(chosen.model)}, with its defaults:\n`)
    console.log(generationTable(generations))
  }
  if (chosen.json)
    writeFileSync(chosen.json, `${JSON.stringify({ sizes: size, ...chosen, steps, generations }, null, 2)}\n`)
}

if (process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) {
  console.log(usage)
} else {
  try {
    await bench(readOptions())
  } catch (error) {
    const known = error instanceof UsageError || error instanceof TypedNumberError
    console.error(`bench:model: ${messageOf(error)}${known ? `\n\n${usage}` : ''}`)
    process.exitCode = known ? 2 : 1
  }
}
