import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Device } from '@atelier/ace'
import { closeGraphs, generate, openGraphs, readModelParts } from '@atelier/ace/stages'
import type { DrawRequest } from './draw-requests.js'
import type { Row } from './outcome.js'

/** An event of ONNX Runtime's profile; times in microseconds. */
interface ProfileEvent {
  cat: string
  ts: number
  dur: number
  args: { op_name?: string; provider?: string; output_type_shape?: unknown }
}

const providers = { cpu: 'CPUExecutionProvider', cuda: 'CUDAExecutionProvider' }

/**
 * Where the loops of the sampler graphs run, as ONNX Runtime itself notes it: a node of theirs for which it has no kernel on
 * the device goes to the host, with its inputs and outputs, at each step. It would only be seen as slow.
 *
 * @param expected - where all nodes must be; default: the device
 * @returns a row for each sampler; none for a model without graphs for CUDA
 */
export async function checkPlacement(
  { device, folder }: { device: Device; folder: string },
  request: DrawRequest,
  expected: Device = device,
): Promise<Row[]> {
  const parts = await readModelParts(folder, { device, graphsOf: 'cuda' })
  const { cuda } = parts.manifest
  if (!cuda) return []
  const { sampler, keptSampler } = cuda
  const scratch = mkdtempSync(join(tmpdir(), 'atelier-check-placement-'))
  try {
    const wanted = Object.entries({ sampler, ...(keptSampler && { keptSampler }) }) as ['sampler', string][]
    const rows: Row[] = []
    for (const [name, file] of wanted) {
      const profiled = await openGraphs(folder, { [name]: file } as { sampler: string }, {
        device,
        profile: join(scratch, name),
      })
      try {
        // Some threshold, so that an exact generation takes the kept sampler without a history, too.
        const changes = keptSampler && { historyRefresh: 5, stepCache: 1e-9 }
        await generate({ ...parts, graphs: { ...parts.graphs, ...profiled } }, request(1, 1, { steps: 3, ...changes }))
      } finally {
        await closeGraphs(profiled)
      }
      const profile = readdirSync(scratch).find((one) => one.startsWith(`${name}_`))!
      rows.push(
        placementRow(file, JSON.parse(readFileSync(join(scratch, profile), 'utf8')) as ProfileEvent[], expected),
      )
    }
    return rows
  } finally {
    await closeGraphs(parts.graphs)
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Judges a profile: what happens while a Scan runs is a node of its body, or of a branch in it. */
function placementRow(file: string, events: readonly ProfileEvent[], expected: Device): Row {
  const nodes = events.filter(({ cat }) => cat === 'Node')
  const loops = nodes.filter(({ args }) => args.op_name === 'Scan')
  const inside = nodes.filter(({ ts, args }) =>
    loops.some((loop) => args.op_name !== 'Scan' && ts >= loop.ts && ts < loop.ts + loop.dur),
  )
  // One truth value: what an If reads, on the host at any rate.
  const isChoice = ({ args }: ProfileEvent) => JSON.stringify(args.output_type_shape) === '[{"bool":[]}]'
  const strays = inside.filter((node) => node.args.provider !== providers[expected] && !isChoice(node))
  const kinds = [...new Set(strays.map(({ args }) => `${args.op_name} on ${args.provider}`))].join(', ')
  return {
    check: `nodes of the loop of ${file}`,
    value: strays.length ? `${strays.length} of ${inside.length} elsewhere: ${kinds}` : `all ${inside.length}`,
    target: `on ${expected}`,
    passed: inside.length > 0 && strays.length === 0,
  }
}
