// The inference process: opens model folders and makes pictures, one at a time. It is forked by the worker because
// ONNX Runtime holds its thread during a run; here nothing else needs the thread, and the process may be killed.
import { verifyModelFolder, type GenerateProgress, type GraphOpening } from '@atelier/ace'
import { openOnDevice, type OpenedModel } from './open-on-device.js'
import { describeFailure } from './describe-failure.js'
import type { FromInference, InferenceCalls, ToInference } from './messages.js'

const models = new Map<string, OpenedModel>()
const running = new Map<number, AbortController>()
const tell = (message: FromInference) => process.send?.(message)

async function load(call: number, { folder, device, threads, resident }: InferenceCalls['load']['ask']) {
  const onOpening = (opening: GraphOpening) => tell({ type: 'opening', call, ...opening })
  const options = { resident, onOpening, ...(threads > 0 && { threads }) }
  const opened = models.get(folder) ?? (await openOnDevice(folder, device, options))
  models.set(folder, opened)
  return { device: opened.device, fallback: opened.fallback }
}

async function generate(call: number, { folder, request, previewEveryMs }: InferenceCalls['generate']['ask']) {
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
    return await model.generate(request, { onProgress, signal: stop.signal })
  } finally {
    running.delete(call)
  }
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
