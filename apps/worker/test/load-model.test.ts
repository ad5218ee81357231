import assert from 'node:assert/strict'
import { testUnless } from '@atelier/testing'
import { cudaNotInstalled } from '@atelier/ace'
import type { WorkerReport } from '@atelier/contracts'
import { pino } from 'pino'
import { InferenceClient } from '../src/inference/inference-client.js'
import { loadModel } from '../src/load-model.js'
import { WorkerStatus } from '../src/worker-status.js'
import { tinyModel } from './tiny-model.js'

const skip = !cudaNotInstalled() && 'the CUDA provider is installed'

testUnless(skip)(
  'opening a model is reported and logged part by part, and so is the CPU that auto came to',
  async () => {
    const inference = new InferenceClient({ device: 'auto', threads: 1, onErrorLine: () => {} })
    const reports: Pick<WorkerReport, 'state' | 'loading' | 'device' | 'deviceFallback'>[] = []
    const status: WorkerStatus = new WorkerStatus(
      ['tiny'],
      () => ({
        device: inference.device,
        deviceRequested: 'auto',
        deviceFallback: inference.deviceFallback,
      }),
      () => {
        const { state, loading, device, deviceFallback } = status.report()
        reports.push({ state, loading, device, deviceFallback })
      },
    )
    const lines: {
      msg: string
      part?: string
      megabytes?: number
      seconds?: number
      share?: number
      reason?: string
    }[] = []
    const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) })
    try {
      assert.equal(status.report().state, 'loading')
      await loadModel(tinyModel, 'tiny', { inference, status, log })
      const parts = ['textEncoder', 'conditioner', 'denoiser', 'vaeEncoder', 'vaeDecoder']
      const last = reports.pop()!
      assert.deepEqual(
        reports.map((report) => report.loading?.part),
        parts.flatMap((part) => [part, part]),
      )
      const shares = reports.map((report) => report.loading!.share)
      assert.deepEqual([shares[0], shares.at(-1), shares.toSorted((a, b) => a - b)], [0, 1, shares])
      assert.ok(reports.every(({ state, loading }) => state === 'loading' && loading?.model === 'tiny'))
      assert.deepEqual(last, { state: 'ready', loading: null, device: 'cpu', deviceFallback: cudaNotInstalled() })
      const fallback = lines.pop()!
      assert.match(`${fallback.msg}: ${fallback.reason}`, /DEVICE=auto: .* runs on the CPU: .*libonnxruntime_providers/)
      assert.deepEqual(
        lines.map((line) => line.part),
        parts,
      )
      assert.ok(lines.every((line) => line.megabytes! > 0 && line.seconds! >= 0))
      await loadModel(tinyModel, 'tiny', { inference, status, log })
      assert.deepEqual([lines.length, reports.length], [parts.length, 2 * parts.length])
    } finally {
      await inference.close()
    }
  },
)
