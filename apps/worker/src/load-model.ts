import { cudaNotInstalled } from '@atelier/ace'
import type { Logger } from '@atelier/service'
import type { InferenceClient } from './inference/inference-client.js'
import type { Opening } from './inference/messages.js'
import type { WorkerStatus } from './worker-status.js'

const megabytes = (bytes: number) => Number((bytes / 1e6).toPrecision(3))

/**
 * Opens a model unless it is open, with a line in the log and a report for each part.
 *
 * @param model - its name, for the report
 * @param signal - aborting ends the waiting, not the opening
 * @throws the signal's reason, InferenceError, StopError `inference-exited`
 */
export async function loadModel(
  folder: string,
  model: string,
  { inference, status, log }: { inference: InferenceClient; status: WorkerStatus; log: Logger },
  signal?: AbortSignal,
): Promise<void> {
  const before = inference.device
  const onOpening = ({ graph: part, bytes, ms, share }: Opening) => {
    status.loading({ model, part, share })
    if (ms === null) return
    const seconds = Number((ms / 1000).toFixed(2))
    log.info(
      { model, part, megabytes: megabytes(bytes), seconds, share: Number(share.toFixed(3)) },
      'part of the model opened',
    )
  }
  await inference.load(folder, { onOpening, ...(signal && { signal }) })
  status.loaded()
  if (inference.device === before || !inference.deviceFallback) return
  // Where CUDA was never installed, the CPU is what its owner expects.
  const level = cudaNotInstalled() ? 'info' : 'warn'
  log[level]({ reason: inference.deviceFallback }, 'DEVICE=auto: no GPU can be used, the model runs on the CPU')
}
