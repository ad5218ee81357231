import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('exact-process.mjs', import.meta.url))
const float16Limit = 2e-2
const worst = (errors) => (errors.includes(null) ? NaN : Math.max(...errors))
const row = (check, errors, limit) => {
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
 * float32 factors to TF32. onnxruntime-node takes no `use_tf32` (of CUDA's options it reads `deviceId` alone), but cuBLAS
 * and cuDNN obey NVIDIA_TF32_OVERRIDE above what a program asks of them.
 *
 * @param {{device: 'cuda' | 'cpu', fp16: string, fp32: string, side: number}} options - fp16, fp32: model folders
 * @returns rows of the table
 */
export async function checkExact({ device, fp16, fp32, side }) {
  const off = await run({ NVIDIA_TF32_OVERRIDE: '0' }, { device, fp16, fp32, side })
  const golden = ({ step, sampling }, suffix) => [
    row(`golden steps, fp32${suffix}`, step, 1e-4),
    row(`golden sampling run, fp32${suffix}`, sampling, 1e-3),
  ]
  const rows = device === 'cuda' ? golden(off.golden, ', TF32 off') : golden(off.golden, '')
  if (device === 'cuda') {
    // TF32 keeps ten bits of a factor, as float16 does: so its limit is float16's.
    const on = await run({}, { device })
    rows.push(row('golden steps, fp32 as a worker runs them (TF32 on)', on.golden.step, float16Limit))
  }
  for (const [history, errors] of Object.entries(off.steps))
    rows.push(row(`fp16 against fp32, worst of ${errors.length} steps, history ${history}`, errors, float16Limit))
  return rows
}

/** What `exact-process.mjs` found. Not-a-numbers come as null. */
function run(env, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, JSON.stringify(options)], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (part) => {
      text += part
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) resolve(JSON.parse(text))
      else reject(new Error(`the process that compares numbers ended with ${code ?? signal}`))
    })
  })
}
