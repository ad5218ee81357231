// npm run check:cuda: everything that can only be seen on a machine with a GPU, in one run.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { cudaNotInstalled, openModel, type Device, type GenerateRequest, type GraphRun } from '@atelier/ace'
import { checkExact } from './check-cuda/check-exact.js'
import { checkNumbers, checkSpeed } from './check-cuda/check-generations.js'
import { checkAuto, checkMemory } from './check-cuda/check-worker.js'
import { drawRequests } from './check-cuda/draw-requests.js'
import { makeModels, type WeightSize } from './check-cuda/make-models.js'
import { MissingError, type Row } from './check-cuda/outcome.js'
import { estimateGeneration } from './estimate/estimate.js'
import { gpus } from './estimate/gpus.js'
import { messageOf, typedPath } from './repository.js'

const usage = `Usage: npm run check:cuda [-- OPTIONS]
The whole check on a machine with one NVIDIA GPU: golden cases in fp32, fp16 against fp32 at each of 20 steps, the time
of 512-pixel generations without history and with five pictures of it, random inputs, memory that runs out, DEVICE=auto.
Prints a table, measured beside computed (npm run bench:model -- --estimate). Exit status 0: all passed; 1: something failed; 2: the check could not be made, with what is missing.

  --device NAME     cuda (default), or cpu: a rehearsal, in which the targets of speed do not count
  --size NAME       random weights to make and convert: ace-0.6b (default: 12 GB of files, then 10 GB of model folders;
                    long on few cores), ace-dit (the same with one layer of the text encoder, so that all of it fits
                    into ten minutes of a machine with 16 cores), or tiny
  --prepare         only make the model folders in --work; needs no GPU
  --work DIR        make the model folders there, keep them, and use those that are there already (default: a scratch
                    folder that is removed)
  --model DIR --reference DIR
                    converted folders of the same weights, fp16 and fp32, instead of random ones
  --side N          pixels of the pictures' sides (default 512, with tiny weights 128)
  --inputs N        random inputs that must come to numbers (default 1000, on a CPU 12)
  --json FILE       write the table as JSON, too
  --help            show this

On a bare machine: npm ci && npm run build && bash ml/setup.sh, then the CUDA provider:
npm run cuda:install
Without a GPU: npm run check:cuda -- --device cpu --size tiny`

const text = { type: 'string' } as const
const options = {
  device: { ...text, default: 'cuda' },
  size: { ...text, default: 'ace-0.6b' },
  work: text,
  model: text,
  reference: text,
  side: text,
  inputs: text,
  json: text,
  prepare: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** The command line, checked. */
interface Chosen {
  device: Device
  size: WeightSize
  work: string | undefined
  /** fp16 and fp32 folders of the same weights: both or none. */
  model: string | undefined
  reference: string | undefined
  side: number
  inputs: number
  json: string | undefined
  prepare: boolean
}

const refuse = (problem: string): never => {
  throw new MissingError(`${problem}\n\n${usage}`)
}

function parseOptions() {
  try {
    return parseArgs({ options }).values
  } catch (error) {
    return refuse(messageOf(error))
  }
}

/** @throws MissingError */
function readOptions(values: ReturnType<typeof parseOptions>): Chosen {
  const { device, size } = values
  if (device !== 'cuda' && device !== 'cpu') return refuse(`--device must be cuda or cpu, not ${device}`)
  if (size !== 'ace-0.6b' && size !== 'ace-dit' && size !== 'tiny')
    return refuse(`--size must be ace-0.6b, ace-dit or tiny, not ${size}`)
  if (values.prepare && !values.work) refuse('--prepare makes the model folders in --work DIR: name one')
  if (!values.model !== !values.reference)
    refuse('--model and --reference go together: an fp16 and an fp32 folder of the same weights')
  const whole = (name: 'side' | 'inputs', usual: number): number => {
    const value = Number(values[name] ?? usual)
    if (!Number.isInteger(value) || value < 1) refuse(`--${name} must be a whole number from 1, not ${values[name]}`)
    return value
  }
  const path = (name: 'work' | 'model' | 'reference' | 'json'): string | undefined =>
    values[name] && typedPath(values[name])
  const json = path('json')
  if (json && !existsSync(dirname(json))) refuse(`--json: there is no folder ${dirname(json)}`)
  return {
    device,
    size,
    work: path('work'),
    model: path('model'),
    reference: path('reference'),
    json,
    prepare: values.prepare,
    side: whole('side', size === 'tiny' ? 128 : 512),
    inputs: whole('inputs', device === 'cpu' ? 12 : 1000),
  }
}

/** The GPU's name, memory and driver. @throws MissingError with all that is missing */
function findGpu(): string {
  const smi = spawnSync('nvidia-smi', ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'], {
    encoding: 'utf8',
  })
  const missing: string[] = []
  if (smi.status !== 0) missing.push('no NVIDIA GPU: nvidia-smi is not installed or finds none')
  const provider = cudaNotInstalled()
  if (provider) missing.push(`${provider} (npm run cuda:install)`)
  if (missing.length)
    throw new MissingError(
      `missing:\n- ${missing.join('\n- ')}\nA rehearsal without a GPU: npm run check:cuda -- --device cpu --size tiny`,
    )
  return smi.stdout.trim()
}

/** What was found so far. */
interface Found {
  machine: string
  rows: Row[]
  /** False while checks are still to come. */
  complete: boolean
}

/**
 * All checks, one after another; one that breaks is a row that failed, and the others go on.
 *
 * @param save - called after each
 */
async function check(chosen: Chosen, scratch: string, save: (found: Found) => void): Promise<Found> {
  const { device, size, work, model: given, reference, side, inputs } = chosen
  const machine = device === 'cuda' ? findGpu() : 'CPU, a rehearsal'
  const { fp16, fp32 } = given && reference ? { fp16: given, fp32: reference } : await makeModels(size, work ?? scratch)

  const rows: Row[] = []
  const attempt = async (name: string, run: () => Promise<Row | Row[]>): Promise<void> => {
    console.error(`${name} …`)
    try {
      rows.push(...[await run()].flat())
    } catch (error) {
      rows.push({ check: name, value: `broke: ${messageOf(error)}`, target: '', passed: false })
    }
    save({ machine, rows, complete: false })
  }
  const began = performance.now()
  let bytes = 0
  const onRun = ({ bytesIn, bytesOut }: GraphRun): void => void (bytes += bytesIn + bytesOut)
  // A rehearsal takes the graphs for CUDA, too.
  const model = await openModel(fp16, { device, graphsOf: 'cuda', onRun })
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  rows.push({ check: 'opening the fp16 model', value: `${seconds} s`, target: '', passed: null })
  const request = await drawRequests(side, model.manifest.defaults)
  try {
    const real = side === 512 && (Boolean(given) || size !== 'tiny')
    const gpu = Object.values(gpus).find(({ known }) => known.test(machine))
    const { manifest } = model
    const context = {
      held: real && device === 'cuda',
      heldTraffic: real,
      bytes: () => bytes,
      ...(real &&
        gpu &&
        manifest.cuda && { estimate: (one: GenerateRequest) => estimateGeneration(manifest, one, 12, gpu) }),
    }
    await attempt('speed', () => checkSpeed(model, request, context))
    await attempt('random inputs', () => checkNumbers(model, request, inputs))
  } finally {
    await model.close()
  }
  await attempt('exactness', () => checkExact({ device, fp16, fp32, side }))
  await attempt('memory that runs out', () => checkMemory({ device, folder: fp16 }, request))
  await attempt('DEVICE=auto', () => checkAuto())
  const found = { machine, rows, complete: true }
  save(found)
  return found
}

const verdict = (passed: boolean | null): string => (passed === null ? '' : passed ? 'yes' : 'NO')

/** Prints the table; false when something failed. */
async function run(chosen: Chosen): Promise<boolean> {
  if (chosen.work) mkdirSync(chosen.work, { recursive: true })
  if (chosen.prepare) {
    console.log(Object.values(await makeModels(chosen.size, chosen.work!)).join('\n'))
    return true
  }
  const scratch = mkdtempSync(join(tmpdir(), 'atelier-check-'))
  try {
    const { machine, rows } = await check(chosen, scratch, (found) => {
      if (!chosen.json) return
      // After each check, so that a machine that is taken away leaves what was found.
      const passed = found.complete && found.rows.every((row) => row.passed !== false)
      writeFileSync(chosen.json, `${JSON.stringify({ ...chosen, ...found, passed }, null, 2)}\n`)
    })
    console.log(`\n${machine}\n\n| what | value | computed | target | pass |\n| --- | ---: | ---: | ---: | --- |`)
    for (const { check: what, value, computed = '', target, passed } of rows)
      console.log(`| ${what} | ${value} | ${computed} | ${target} | ${verdict(passed)} |`)
    const failed = rows.filter(({ passed }) => passed === false).length
    console.log(
      `\n${rows.filter(({ passed }) => passed).length} passed, ${failed} failed; a row without a verdict is for information.`,
    )
    return failed === 0
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

try {
  const values = parseOptions()
  if (values.help) console.log(usage)
  else if (!(await run(readOptions(values)))) process.exitCode = 1
} catch (error) {
  console.error(`check:cuda: ${messageOf(error)}`)
  process.exitCode = 2
}
