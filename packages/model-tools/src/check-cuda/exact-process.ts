// Started by check-exact.ts: compares numbers on a device and prints the errors, in standard deviations, as JSON.
import type { Device } from '@atelier/ace'
import { closeGraphs, openGraphs } from '@atelier/ace/stages'
import { readManifest } from '@atelier/contracts/model-folder'
import { compareSteps } from '../parity/compare-steps.js'
import { compare } from '../parity/compare.js'
import { readGoldenDit } from '../parity/golden-dit.js'
import { goldenGraphs } from '../parity/run-parity.js'
import { fixture } from '../repository.js'
import { drawRequests } from './draw-requests.js'

/** What is compared on a device: the golden cases and, with `models`, the steps of an fp16 folder with those of fp32. */
export interface ExactTask {
  device: Device
  /** `side`: pixels of the pictures' sides. */
  models?: { fp16: string; fp32: string; side: number }
}

/** Errors in standard deviations; null = not a number. */
export interface ExactErrors {
  golden: { step: (number | null)[]; sampling: (number | null)[] }
  /** By number of history frames, one error a step. */
  steps: Record<string, (number | null)[]>
}

async function golden(device: Device): Promise<ExactErrors['golden']> {
  const file = await readGoldenDit(fixture('golden/ace_dit_golden_a.safetensors'))
  const { textProjector, sampler } = goldenGraphs
  const graphs = await openGraphs(fixture('golden-dit'), { textProjector, sampler }, { device })
  try {
    const found = await compare(file, graphs)
    const sampled = new Set(file.cases.filter(({ sample }) => sample).map(({ name }) => name))
    const errors = (wanted: boolean) =>
      found.filter((one) => sampled.has(one.case) === wanted).map(({ error }) => error)
    return { step: errors(false), sampling: errors(true) }
  } finally {
    await closeGraphs(graphs)
  }
}

async function steps({ device, models }: ExactTask): Promise<ExactErrors['steps']> {
  if (!models) return {}
  const { fp16, fp32, side } = models
  const manifests = [await readManifest(fp16), await readManifest(fp32)] as const
  // A rehearsal takes the graphs for CUDA, too.
  const graphsOf = manifests.every(({ cuda }) => cuda) ? 'cuda' : 'cpu'
  const request = await drawRequests(side, manifests[1].defaults)
  const errors: ExactErrors['steps'] = {}
  for (const history of [0, 5])
    errors[history] = await compareSteps(fp16, fp32, request(history, 1), { device, graphsOf })
  return errors
}

const task = JSON.parse(process.argv[2]!) as ExactTask
console.log(JSON.stringify({ golden: await golden(task.device), steps: await steps(task) } satisfies ExactErrors))
