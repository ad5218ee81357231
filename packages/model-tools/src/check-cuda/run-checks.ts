import { spawnSync } from 'node:child_process'
import {
  cudaNotInstalled,
  openModel,
  type AceModel,
  type Device,
  type GenerateRequest,
  type GraphRun,
} from '@atelier/ace'
import { readManifest } from '@atelier/contracts/model-folder'
import { estimateGeneration } from '../estimate/estimate.js'
import { gpus } from '../estimate/gpus.js'
import { messageOf } from '../repository.js'
import { checkGolden, checkKept, checkSteps } from './check-exact.js'
import { checkNumbers, checkSpeed } from './check-generations.js'
import { checkPlacement } from './check-placement.js'
import { checkAuto, checkMemory } from './check-worker.js'
import { drawRequests, type DrawRequest } from './draw-requests.js'
import { makeModels, type WeightSize } from './make-models.js'
import { MissingError, type Row } from './outcome.js'

/** What is checked, and how. */
export interface Chosen {
  device: Device
  size: WeightSize
  work: string | undefined
  /** fp16 and fp32 folders of the same weights: both or none. */
  model: string | undefined
  reference: string | undefined
  side: number
  inputs: number
}

/** What was found so far. */
export interface Found {
  machine: string
  rows: Row[]
  /** False while checks are still to come. */
  complete: boolean
}

/**
 * All checks, one after another; one that breaks is a row that failed, and the others go on: those that need no model, or
 * not what could not be opened of it.
 *
 * @param save - called first with no rows, then after each check
 * @throws MissingError
 */
export async function runChecks(chosen: Chosen, scratch: string, save: (found: Found) => void): Promise<Found> {
  const { device, size, work, model: given, reference, side, inputs } = chosen
  const machine = device === 'cuda' ? findGpu() : 'CPU, a rehearsal'
  const found: Found = { machine, rows: [], complete: false }
  save(found)
  /** Adds the rows of a check; returns what `run` does, undefined when it broke. */
  const attempt = async <Result>(name: string, run: () => Promise<Result>, rowsOf: (result: Result) => Row | Row[]) => {
    console.error(`${name} …`)
    try {
      const result = await run()
      found.rows.push(...[rowsOf(result)].flat())
      return result
    } catch (error) {
      if (error instanceof MissingError) throw error
      found.rows.push({ check: name, value: `broke: ${messageOf(error)}`, target: '', passed: false })
      return undefined
    } finally {
      save(found)
    }
  }
  const check = (name: string, run: () => Promise<Row | Row[]>) => attempt(name, run, (rows) => rows)

  await check('golden cases', () => checkGolden(device))
  const folders = await attempt(
    'making the models',
    async () => {
      const { fp16, fp32 } =
        given && reference ? { fp16: given, fp32: reference } : await makeModels(size, work ?? scratch)
      return { fp16, fp32, request: await drawRequests(side, (await readManifest(fp16)).defaults) }
    },
    () => [],
  )
  if (folders) {
    const { fp16, fp32, request } = folders
    await check('fp16 against fp32', () => checkSteps(device, { fp16, fp32, side }))
    await check('kept sampler, fp16 against fp32', () => checkKept(device, { fp16, fp32, side }))
    let bytes = 0
    const onRun = ({ bytesIn, bytesOut }: GraphRun): void => void (bytes += bytesIn + bytesOut)
    const began = performance.now()
    const model = await attempt(
      'opening the fp16 model',
      // A rehearsal takes the graphs for CUDA, too.
      () => openModel(fp16, { device, graphsOf: 'cuda', onRun }),
      () => {
        const seconds = ((performance.now() - began) / 1000).toFixed(1)
        return { check: 'opening the fp16 model', value: `${seconds} s`, target: '', passed: null }
      },
    )
    if (model) {
      const real = side === 512 && (Boolean(given) || size !== 'tiny')
      await checkOpenModel(model, request, { check, machine, real, device, inputs, bytes: () => bytes })
      await model.close()
    }
    await check('memory that runs out', () => checkMemory({ device, folder: fp16 }, request))
    await check('nodes of the loops', () => checkPlacement({ device, folder: fp16 }, request))
  }
  await check('DEVICE=auto', () => checkAuto())
  found.complete = true
  save(found)
  return found
}

/** Speed, traffic and random inputs. `real`: whether it has the sizes that targets are for. */
async function checkOpenModel(
  model: AceModel,
  request: DrawRequest,
  options: Pick<Chosen, 'device' | 'inputs'> & {
    check: (name: string, run: () => Promise<Row | Row[]>) => Promise<unknown>
    machine: string
    real: boolean
    bytes: () => number
  },
): Promise<void> {
  const { check, machine, real, device, inputs, bytes } = options
  const { manifest } = model
  const gpu = Object.values(gpus).find(({ known }) => known.test(machine))
  const fast = manifest.cuda?.keptSampler !== undefined
  const context = {
    held: real && device === 'cuda',
    fast,
    heldTraffic: real,
    bytes,
    ...(real &&
      gpu &&
      manifest.cuda && { estimate: (one: GenerateRequest) => estimateGeneration(manifest, one, 12, gpu) }),
  }
  await check('speed', () => checkSpeed(model, request, context))
  await check('random inputs', () => checkNumbers(model, request, inputs, fast))
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
