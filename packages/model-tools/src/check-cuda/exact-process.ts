// Started by check-exact.ts: compares numbers on a device and prints the errors, in standard deviations, as JSON.
import type { Device } from '@atelier/ace'
import { closeGraphs, openGraphs } from '@atelier/ace/stages'
import { readManifest } from '@atelier/contracts/model-folder'
import { compareKeptRuns } from '../parity/compare-kept-runs.js'
import { compareSteps } from '../parity/compare-steps.js'
import { compare } from '../parity/compare.js'
import { readGoldenDit } from '../parity/golden-dit.js'
import { goldenGraphs } from '../parity/run-parity.js'
import { fixture, messageOf } from '../repository.js'
import { drawRequests } from './draw-requests.js'

/** Folders of the same weights. `side`: pixels of the pictures' sides. */
export interface ModelPair {
  fp16: string
  fp32: string
  side: number
}

/** What is compared on a device: the golden cases; the steps of an fp16 folder with those of fp32; or runs of their kept sampler. */
export type ExactTask = { device: Device } & ({ what: 'golden' } | { what: 'steps' | 'kept'; models: ModelPair })

/** Errors in standard deviations, by what was compared; null = not a number. */
export type ExactErrors = Record<string, (number | null)[]>

async function golden(device: Device): Promise<ExactErrors> {
  const file = await readGoldenDit(fixture('golden/ace_dit_golden_a.safetensors'))
  const { textProjector, sampler } = goldenGraphs
  const graphs = await openGraphs(fixture('golden-dit'), { textProjector, sampler }, { device })
  try {
    const found = await compare(file, graphs)
    const sampled = new Set(file.cases.filter(({ sample }) => sample).map(({ name }) => name))
    const errors = (wanted: boolean) =>
      found.filter((one) => sampled.has(one.case) === wanted).map(({ error }) => error)
    return { steps: errors(false), 'sampling run': errors(true) }
  } finally {
    await closeGraphs(graphs)
  }
}

async function steps(device: Device, { fp16, fp32, side }: ModelPair): Promise<ExactErrors> {
  const manifests = [await readManifest(fp16), await readManifest(fp32)] as const
  // A rehearsal takes the graphs for CUDA, too.
  const graphsOf = manifests.every(({ cuda }) => cuda) ? 'cuda' : 'cpu'
  const request = await drawRequests(side, manifests[1].defaults)
  const errors: ExactErrors = {}
  for (const history of [0, 5])
    errors[`history ${history}`] = await compareSteps(fp16, fp32, request(history, 1), { device, graphsOf })
  return errors
}

async function kept(device: Device, { fp16, fp32, side }: ModelPair): Promise<ExactErrors> {
  const request = await drawRequests(side, (await readManifest(fp32)).defaults)
  const [none, five] = await compareKeptRuns({ folder: fp16, device }, { folder: fp32, device }, [
    { request: request(0, 1), threshold: 0 },
    { request: request(5, 1), threshold: 0 },
  ])
  // Both on the device could err alike. Above any change: steps compute the first block alone, which a CPU does soon.
  const alone = await compareKeptRuns({ folder: fp16, device }, { folder: fp32, device: 'cpu' }, [
    { request: request(1, 1), threshold: 1000 },
  ])
  return { 'history 0': [none!], 'history 5': [five!], 'history 1, step caching, fp32 on the CPU': alone }
}

/** What the process prints. */
export type ExactAnswer = { errors: ExactErrors } | { broke: string }

const task = JSON.parse(process.argv[2]!) as ExactTask
const answered = (): Promise<ExactErrors> => {
  if (task.what === 'golden') return golden(task.device)
  return { steps, kept }[task.what](task.device, task.models)
}
const answer: ExactAnswer = await answered().then(
  (errors) => ({ errors }),
  (error: unknown) => ({ broke: messageOf(error) }),
)
console.log(JSON.stringify(answer))
