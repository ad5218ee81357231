// Started by check-exact.mjs: compares numbers on a device and prints the errors, in standard deviations, as JSON.
import { join } from 'node:path'
import { readManifest } from '../../packages/ace/dist/src/index.js'
import {
  closeGraphs,
  compare,
  compareSteps,
  openGraphs,
  readGoldenDit,
} from '../../packages/ace/dist/src/parity/index.js'
import { root } from '../run-command.mjs'
import { drawRequests } from './draw-requests.mjs'

const { device, fp16, fp32, side } = JSON.parse(process.argv[2])
const fixtures = join(root, 'packages/ace/test/fixtures')

async function golden() {
  const file = await readGoldenDit(join(fixtures, 'golden/ace_dit_golden_a.safetensors'))
  const graphs = await openGraphs(
    join(fixtures, 'golden-dit'),
    { conditioner: 'conditioner.onnx', denoiser: 'denoiser.onnx' },
    { device },
  )
  try {
    const found = await compare(file, graphs)
    const sampled = new Set(file.cases.filter(({ sample }) => sample).map(({ name }) => name))
    const errors = (wanted) => found.filter((one) => sampled.has(one.case) === wanted).map(({ error }) => error)
    return { step: errors(false), sampling: errors(true) }
  } finally {
    await closeGraphs(graphs)
  }
}

async function steps() {
  const request = await drawRequests(side, (await readManifest(fp32)).defaults)
  const errors = {}
  for (const history of [0, 5]) errors[history] = await compareSteps(fp16, fp32, request(history, 1), { device })
  return errors
}

console.log(JSON.stringify({ golden: await golden(), steps: fp16 ? await steps() : {} }))
