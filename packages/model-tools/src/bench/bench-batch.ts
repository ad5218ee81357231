import { encodePng, openModel } from '@atelier/ace'
import { median } from '../median.js'
import type { GenerationsOptions } from './bench-generations.js'

/** Medians of several generations of one frame that wait at once. */
export interface BatchTimes {
  /** How many they are. */
  count: number
  /** Milliseconds until the last of them is done, made one after another and all at once. */
  aloneMs: number
  togetherMs: number
  /** How many times as many are done in the same time at once: the median of the runs' ratios. */
  throughput: number
  /** Mean milliseconds until one is done, waiting included. */
  meanAloneMs: number
  meanTogetherMs: number
}

/**
 * Times generations of a model folder that wait at once, with its defaults, one frame each and different texts: one after
 * another and in one batch, taking turns. Run 0 warms up.
 *
 * @param count - of the generations
 */
export async function benchBatch(
  { model: folder, runs, device, threads }: Omit<GenerationsOptions, 'history'>,
  count: number,
): Promise<BatchTimes> {
  const options = { device, threads, cacheBytes: 0 }
  const alone = await openModel(folder, options)
  const together = await openModel(folder, { ...options, batch: count }).catch(async (error: unknown) => {
    await alone.close()
    throw error
  })
  const { defaults } = alone.manifest
  const words = ['red', 'blue', 'green', 'yellow']
  const picture = async (model: typeof alone, index: number, began: number): Promise<number> => {
    const { pixels, width, height } = await model.generate({
      instruction: `a ${words[index % words.length]} circle`,
      frames: [],
      currentFrames: 0,
      ...defaults,
      negativePrompt: '',
      keepUnmasked: false,
      seed: index,
      cacheScope: 'bench',
    })
    await encodePng(pixels, width, height)
    return performance.now() - began
  }
  const wanted = Array.from({ length: count }, (_, index) => index)
  const times: { alone: number[]; together: number[] }[] = []
  try {
    for (let run = 0; run <= runs; run++) {
      let began = performance.now()
      const one: number[] = []
      for (const index of wanted) one.push(await picture(alone, index, began))
      began = performance.now()
      times.push({ alone: one, together: await Promise.all(wanted.map((index) => picture(together, index, began))) })
    }
  } finally {
    await alone.close()
    await together.close()
  }
  const counted = times.slice(1)
  const last = (kind: 'alone' | 'together') => median(counted.map((run) => Math.max(...run[kind])))
  const mean = (kind: 'alone' | 'together') =>
    median(counted.map((run) => run[kind].reduce((sum, ms) => sum + ms) / count))
  return {
    count,
    aloneMs: last('alone'),
    togetherMs: last('together'),
    throughput: median(counted.map((run) => Math.max(...run.alone) / Math.max(...run.together))),
    meanAloneMs: mean('alone'),
    meanTogetherMs: mean('together'),
  }
}
