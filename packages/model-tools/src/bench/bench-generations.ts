import { encodePng, openModel, type ConditionFrame, type Device, type GraphRun } from '@atelier/ace'
import { median } from '../median.js'

/** Medians of the generations with one number of condition frames. */
export interface GenerationTimes {
  history: number
  steps: number
  totalMs: number
  /** Of it inside ONNX Runtime. */
  graphsMs: number
  /** Megabytes to and from graphs in a step, those of everything else in the generation divided among the steps. */
  megabytes: number
  /** Share outside ONNX Runtime, 0 … 1. */
  overhead: number
}

/** What is timed. */
export interface GenerationsOptions {
  /** A model folder. */
  model: string
  /** Numbers of condition frames. */
  history: readonly number[]
  runs: number
  device: Device
  threads: number
}

/**
 * Times whole generations of a model folder with its defaults, from the request to the PNG, and how much of each is
 * outside ONNX Runtime. Every text and picture is encoded anew.
 */
export async function benchGenerations(options: GenerationsOptions): Promise<GenerationTimes[]> {
  const { model: folder, history, runs, device, threads } = options
  let [inside, bytes] = [0, 0]
  const onRun = ({ ms, bytesIn, bytesOut }: GraphRun): void => {
    inside += ms
    bytes += bytesIn + bytesOut
  }
  const model = await openModel(folder, { device, threads, cacheBytes: 0, onRun })
  try {
    const { defaults } = model.manifest
    const picture = async (frames: ConditionFrame[]): Promise<Uint8Array> => {
      const { pixels, width, height } = await model.generate({
        instruction: 'a red circle on a blue background',
        frames,
        currentFrames: Math.min(frames.length, 1),
        ...defaults,
        negativePrompt: '',
        keepUnmasked: false,
        seed: 7,
        cacheScope: 'bench',
      })
      return encodePng(pixels, width, height)
    }
    const image = await picture([])
    const rows: GenerationTimes[] = []
    for (const count of history) {
      const frame: ConditionFrame = { image, mask: null, maskMode: 'keep', instruction: 'make the circle green' }
      const frames = Array.from({ length: count }, () => frame)
      const times: { total: number; graphs: number }[] = []
      // Run 0 warms up.
      for (let run = 0; run <= runs; run++) {
        inside = bytes = 0
        const began = performance.now()
        await picture(frames)
        times.push({ total: performance.now() - began, graphs: inside })
      }
      const counted = times.slice(1)
      rows.push({
        history: count,
        steps: defaults.steps,
        totalMs: median(counted.map(({ total }) => total)),
        graphsMs: median(counted.map(({ graphs }) => graphs)),
        megabytes: bytes / defaults.steps / 1e6,
        overhead: median(counted.map(({ total, graphs }) => 1 - graphs / total)),
      })
    }
    return rows
  } finally {
    await model.close()
  }
}
