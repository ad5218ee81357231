import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Device } from '@atelier/ace'
import { readManifest } from '@atelier/contracts/model-folder'
import { childEnvironment } from '@atelier/service'
import type { ExactAnswer, ExactErrors, ExactTask, ModelPair } from './exact-process.js'
import type { Row } from './outcome.js'

const script = fileURLToPath(new URL('exact-process.js', import.meta.url))
const float16Limit = 2e-2
const worst = (errors: readonly (number | null)[]): number =>
  errors.reduce<number>((most, error) => Math.max(most, error ?? NaN), -Infinity)
const row = (check: string, errors: readonly (number | null)[], limit: number): Row => {
  const value = worst(errors)
  return {
    check,
    value: value.toExponential(1),
    target: `≤ ${limit} of the std`,
    passed: errors.length > 0 && value <= limit,
  }
}

const off = { NVIDIA_TF32_OVERRIDE: '0' }

/**
 * The golden cases in float32, in a process in which CUDA's libraries may not round float32 factors to TF32.
 * onnxruntime-node takes no `use_tf32` (of CUDA's options it reads `deviceId` alone), but cuBLAS and cuDNN obey
 * NVIDIA_TF32_OVERRIDE above what a program asks of them.
 */
export async function checkGolden(device: Device): Promise<Row[]> {
  const cuda = device === 'cuda'
  const exact = await run(off, { device, what: 'golden' })
  const suffix = cuda ? ', TF32 off' : ''
  const rows = [
    row(`golden steps, fp32${suffix}`, exact.steps!, 1e-4),
    row(`golden sampling run, fp32${suffix}`, exact['sampling run']!, 1e-3),
  ]
  if (cuda) {
    // TF32 keeps ten bits of a factor, as float16 does: so its limit is float16's.
    const rounded = await run({}, { device, what: 'golden' })
    rows.push(row('golden steps, fp32 as a worker runs them (TF32 on)', rounded.steps!, float16Limit))
  }
  return rows
}

/** fp16 against fp32 step by step, TF32 off. */
export async function checkSteps(device: Device, models: ModelPair): Promise<Row[]> {
  const found = await run(off, { device, what: 'steps', models })
  return Object.entries(found).map(([name, errors]) =>
    row(`fp16 against fp32, worst of ${errors.length} steps, ${name}`, errors, float16Limit),
  )
}

/** fp16 against fp32 in runs of five steps of the kept sampler, TF32 off; no rows for models without one. */
export async function checkKept(device: Device, models: ModelPair): Promise<Row[]> {
  if (!(await readManifest(models.fp16)).cuda?.keptSampler) return []
  const found = await run(off, { device, what: 'kept', models })
  return Object.entries(found).map(([name, errors]) =>
    row(`kept sampler, a run of 5 steps, fp16 against fp32, ${name}`, errors, float16Limit),
  )
}

/** Runs `exact-process.ts`. */
function run(env: Record<string, string>, task: ExactTask): Promise<ExactErrors> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, JSON.stringify(task)], {
      env: childEnvironment(env),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code !== 0) return reject(new Error(`the process that compares numbers ended with ${code ?? signal}`))
      const answer = JSON.parse(text) as ExactAnswer
      if ('broke' in answer) reject(new Error(answer.broke))
      else resolve(answer.errors)
    })
  })
}
