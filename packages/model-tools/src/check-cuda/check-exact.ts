import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Device } from '@atelier/ace'
import { childEnvironment } from '@atelier/service'
import type { ExactErrors, ExactTask } from './exact-process.js'
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

/**
 * The golden cases in float32, and fp16 against fp32 step by step, in a process in which CUDA's libraries may not round
 * float32 factors to TF32. onnxruntime-node takes no `use_tf32` (of CUDA's options it reads `deviceId` alone), but
 * cuBLAS and cuDNN obey NVIDIA_TF32_OVERRIDE above what a program asks of them.
 *
 * @param options - `fp16`, `fp32`: model folders
 */
export async function checkExact(options: {
  device: Device
  fp16: string
  fp32: string
  side: number
}): Promise<Row[]> {
  const { device, ...models } = options
  const cuda = device === 'cuda'
  const off = await run({ NVIDIA_TF32_OVERRIDE: '0' }, { device, models })
  const suffix = cuda ? ', TF32 off' : ''
  const rows = [
    row(`golden steps, fp32${suffix}`, off.golden.step, 1e-4),
    row(`golden sampling run, fp32${suffix}`, off.golden.sampling, 1e-3),
  ]
  if (cuda) {
    // TF32 keeps ten bits of a factor, as float16 does: so its limit is float16's.
    const on = await run({}, { device })
    rows.push(row('golden steps, fp32 as a worker runs them (TF32 on)', on.golden.step, float16Limit))
  }
  for (const [history, errors] of Object.entries(off.steps))
    rows.push(row(`fp16 against fp32, worst of ${errors.length} steps, history ${history}`, errors, float16Limit))
  return rows
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
      if (code === 0) resolve(JSON.parse(text) as ExactErrors)
      else reject(new Error(`the process that compares numbers ended with ${code ?? signal}`))
    })
  })
}
