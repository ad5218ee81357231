import { createRequire } from 'node:module'
import { encodePng, openModel } from '../../packages/ace/dist/src/index.js'
import { median } from './median.mjs'

/**
 * Times whole generations of a model folder with its defaults, from the request to the PNG, and how much of each is
 * outside of ONNX Runtime. Every text and picture is encoded anew.
 *
 * @param {{model: string, history: number[], runs: number, device: string, threads: number}} options
 * @returns one row a number of condition frames: medians in milliseconds, `overhead` from 0 to 1
 */
export async function benchGenerations({ model: folder, history, runs, device, threads }) {
  const clock = watchSessions()
  const model = await openModel(folder, { device, threads, cacheBytes: 0 })
  try {
    const { defaults } = model.manifest
    const request = (frames) => ({
      instruction: 'a red circle on a blue background',
      frames,
      currentFrames: Math.min(frames.length, 1),
      ...defaults,
      negativePrompt: '',
      keepUnmasked: false,
      seed: 7,
      cacheScope: 'bench',
    })
    const picture = async (frames) => {
      const { pixels, ...size } = await model.generate(request(frames))
      return encodePng(pixels, size.width, size.height)
    }
    const image = await picture([])
    const rows = []
    for (const count of history) {
      const frame = { image, mask: null, maskMode: 'keep', instruction: 'make the circle green' }
      const frames = Array.from({ length: count }, () => frame)
      const times = []
      for (let run = 0; run <= runs; run++) {
        const inside = clock.ms
        const began = performance.now()
        await picture(frames)
        const total = performance.now() - began
        times.push({ total, graphs: clock.ms - inside })
      }
      const counted = times.slice(1)
      rows.push({
        history: count,
        steps: defaults.steps,
        totalMs: median(counted.map(({ total }) => total)),
        graphsMs: median(counted.map(({ graphs }) => graphs)),
        overhead: median(counted.map(({ total, graphs }) => 1 - graphs / total)),
      })
    }
    return rows
  } finally {
    await model.close()
    clock.stop()
  }
}

/** Counts the milliseconds spent in `session.run` of the ONNX Runtime that packages/ace uses. */
function watchSessions() {
  const require = createRequire(new URL('../../packages/ace/package.json', import.meta.url))
  const { InferenceSession } = require('onnxruntime-node')
  const { run } = InferenceSession.prototype
  const clock = {
    ms: 0,
    stop: () => {
      InferenceSession.prototype.run = run
    },
  }
  InferenceSession.prototype.run = async function timed(...args) {
    const began = performance.now()
    try {
      return await run.apply(this, args)
    } finally {
      clock.ms += performance.now() - began
    }
  }
  return clock
}
