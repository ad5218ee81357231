import type { LatentFrame, TextSegment } from '@atelier/ace/stages'
import { readSafetensors, type TensorFile } from './read-safetensors.js'

/** One batch item of a case. */
export interface GoldenItem {
  /** The target first; its latent is the noised input. */
  frames: Required<LatentFrame>[]
  /** Text j belongs to condition frame j; the last is the current instruction, whether or not it has a frame. */
  texts: TextSegment[]
  /** The unconditional text. */
  negative: TextSegment
  /** The table of the file, `[10, Y]`. */
  indicators: Float32Array
  /** Absent from sampling cases. */
  timestep: number | undefined
  /** `eps_cond` and `eps_uncond`, or `x0_final`, each `[C, h, w]`. */
  expected: Map<string, Float32Array>
}

/** One case of a golden file. */
export interface GoldenCase {
  name: string
  items: GoldenItem[]
  /** Set when the case is a whole sampling run. */
  sample: { steps: number; scale: number; rescale: number } | null
  /** The sampler's tables, in sampling cases. */
  schedule: Map<string, Float32Array>
}

/** A golden file: a small DiT's inputs and the outputs that the reference computed. */
export interface GoldenDit {
  /** Latent channels and patch side. */
  channels: number
  patch: number
  cases: GoldenCase[]
}

interface CaseEntry {
  spec: { edits: unknown[]; text: number[] }[]
  sample: GoldenCase['sample']
}

/**
 * Reads a golden DiT file; names, sizes and counts all come from it.
 *
 * @throws Error when it is not one
 */
export async function readGoldenDit(path: string): Promise<GoldenDit> {
  const file = await readSafetensors(path)
  const { config, cases } = file.metadata
  if (!config || !cases) throw new Error(`${path} is not a golden DiT file: its metadata have no config or no cases`)
  const { IN_CHANNELS: channels, PATCH_SIZE: patch } = JSON.parse(config) as { IN_CHANNELS: number; PATCH_SIZE: number }
  const entries = Object.entries(JSON.parse(cases) as Record<string, CaseEntry>)
  return { channels, patch, cases: entries.map(([name, entry]) => readCase(file, name, entry)) }
}

function readCase(file: TensorFile, name: string, { spec, sample }: CaseEntry): GoldenCase {
  const times = file.has(`${name}.t`) ? file.get(`${name}.t`).data : undefined
  const items = spec.map(({ edits, text }, index) => ({
    ...readItem(file, name, index, edits.length, text.length),
    timestep: times?.[index],
  }))
  return {
    name,
    items,
    sample,
    schedule: present(file, name, ['timesteps', 'sigmas_vp', 'alphas_bar_init', 'sigmas_init']),
  }
}

function readItem(
  file: TensorFile,
  name: string,
  index: number,
  edits: number,
  prompts: number,
): Omit<GoldenItem, 'timestep'> {
  const base = `${name}.b${index}`
  if (prompts < Math.max(edits, 1)) throw new Error(`${base} has ${edits} edit frames but ${prompts} texts`)
  const numbers = Array.from({ length: edits }, (_, k) => k)
  const segment = (tensor: string): TextSegment => {
    const { data, shape } = file.get(`${base}.${tensor}`)
    return { data, length: shape[0]! }
  }
  return {
    frames: ['x', ...numbers.map((k) => `edit${k}`)].map((frame) => readFrame(file, `${base}.${frame}`)),
    texts: Array.from({ length: prompts }, (_, j) => segment(`text${j}`)),
    negative: segment('text_uncond_last'),
    indicators: file.get(`${name}.indicator`).data,
    expected: present(file, base, ['eps_cond', 'eps_uncond', 'x0_final']),
  }
}

function readFrame(file: TensorFile, name: string): Required<LatentFrame> {
  const {
    data: latent,
    shape: [, height, width],
  } = file.get(name)
  const mask = file.has(`${name}_mask`) ? file.get(`${name}_mask`).data : new Float32Array(height! * width!)
  return { latent, height: height!, width: width!, mask: mask.some((value) => value !== 0) ? mask : mask.fill(1) }
}

function present(file: TensorFile, base: string, names: string[]): Map<string, Float32Array> {
  return new Map(
    names.filter((name) => file.has(`${base}.${name}`)).map((name) => [name, file.get(`${base}.${name}`).data]),
  )
}
