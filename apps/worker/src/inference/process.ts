// The inference process: opens model folders and makes pictures, several at once if it is told to. It is forked by the
// worker because ONNX Runtime holds its thread during a run; here nothing else needs the thread, and the process may be killed.
import { Worker } from 'node:worker_threads'
import {
  AceError,
  cudaNotInstalled,
  DeviceUnavailableError,
  looksOutOfMemory,
  openModel,
  verifyModelFolder,
  type AceModel,
  type GenerateProgress,
  type GraphOpening,
  type OpenModelOptions,
} from '@atelier/ace'
import type { ErrorCode } from '@atelier/contracts'
import { recordSpan, startTracing, withTrail } from '@atelier/service'
import type { CallName, FromInference, InferenceCalls, ToInference } from './messages.js'

/** A model, and where it runs. */
interface OpenedModel {
  model: AceModel
  device: 'cpu' | 'cuda'
  /** Why `auto` came to the CPU, as a sentence; else null. */
  fallback: string | null
}

const models = new Map<string, OpenedModel>()
const running = new Map<number, AbortController>()
const tell = (message: FromInference) => process.send?.(message)

/**
 * Opens a model where it was asked to run. `auto` is the GPU, and the CPU when the GPU cannot be used.
 *
 * @throws DeviceUnavailableError for `cuda` alone; what `openModel` throws
 */
async function openOnDevice(
  folder: string,
  wanted: 'auto' | 'cpu' | 'cuda',
  options: Omit<OpenModelOptions, 'device'>,
): Promise<OpenedModel> {
  const on = async (device: 'cpu' | 'cuda', fallback: string | null) => ({
    model: await openModel(folder, { ...options, device }),
    device,
    fallback,
  })
  if (wanted !== 'auto') return on(wanted, null)
  const absent = cudaNotInstalled()
  if (absent) return on('cpu', absent)
  try {
    return await on('cuda', null)
  } catch (error) {
    if (!(error instanceof DeviceUnavailableError)) throw error
    return on('cpu', error.message)
  }
}

async function load(call: number, { folder, device, threads, ...rest }: InferenceCalls['load']['ask']) {
  const onOpening = (opening: GraphOpening) => tell({ type: 'opening', call, ...opening })
  const options = { ...rest, onOpening, ...(threads > 0 && { threads }) }
  const opened = models.get(folder) ?? (await openOnDevice(folder, device, options))
  models.set(folder, opened)
  return { device: opened.device, fallback: opened.fallback }
}

async function generate(
  call: number,
  { folder, request, alone, previewEveryMs, traceParent }: InferenceCalls['generate']['ask'],
) {
  const model = models.get(folder)?.model
  if (!model) throw new Error(`The model folder ${folder} is not loaded.`)
  const stop = new AbortController()
  running.set(call, stop)
  let nextPreview = 0
  const onProgress = async (progress: GenerateProgress) => {
    const { step, steps } = progress
    const wanted = step < steps && performance.now() >= nextPreview
    if (wanted) nextPreview = performance.now() + previewEveryMs
    tell({ type: 'step', call, step, steps, ...(wanted && { preview: await progress.preview() }) })
  }
  try {
    let at = Date.now()
    const result = await model.generate(request, { onProgress, signal: stop.signal, alone })
    withTrail({ ...(traceParent !== undefined && { traceParent }) }, () => {
      for (const stage of ['encode', 'denoise', 'decode'] as const) {
        const end = at + result.timings[`${stage}Ms`]
        recordSpan(stage, at, end)
        at = end
      }
    })
    return result
  } finally {
    running.delete(call)
  }
}

/** What the worker is told of an error in the inference process, which cannot send the error itself. */
function describeFailure(call: CallName, error: unknown): { code: ErrorCode | null; message: string } {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof AceError) return { code: error.code, message }
  if (looksOutOfMemory(message)) return { code: 'model_out_of_memory', message }
  return { code: call === 'generate' ? 'model_failed' : null, message }
}

function answerTo(message: Exclude<ToInference, { type: 'cancel' }>) {
  if (message.type === 'inspect') return verifyModelFolder(message.folder)
  if (message.type === 'load') return load(message.call, message)
  return generate(message.call, message)
}

process.on('message', (raw) => {
  const message = raw as ToInference
  if (message.type === 'cancel') return void running.get(message.call)?.abort()
  answerTo(message).then(
    (value) => tell({ type: 'answer', call: message.call, value }),
    (error: unknown) => tell({ type: 'failure', call: message.call, ...describeFailure(message.type, error) }),
  )
})
// Ctrl-C and a supervisor's stop reach the whole process group: the worker decides when this process ends.
process.on('SIGINT', () => {}).on('SIGTERM', () => {})
process.on('disconnect', () => process.exit(0))
// A run or an opening that hangs would let this process outlive its worker, with all its memory: another thread looks.
const lookForParent = `const parent = process.ppid
setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL') }, 1000)`
new Worker(lookForParent, { eval: true }).unref()
await startTracing('atelier-model', { atOnce: true })
