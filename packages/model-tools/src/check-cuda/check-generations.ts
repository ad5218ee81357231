import type { AceError, AceModel, GenerateRequest } from '@atelier/ace'
import { median } from '../median.js'
import type { GenerationEstimate } from '../estimate/estimate.js'
import type { DrawRequest } from './draw-requests.js'
import type { Row } from './outcome.js'

type Generator = Pick<AceModel, 'generate'>

const runs = 5
const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`

/** What is known of the model and the machine besides. */
export interface SpeedContext {
  /** Whether the targets of speed count. */
  held: boolean
  /** Whether the model has the graph of `speed: "fast"`. */
  fast?: boolean
  /** Whether those of traffic do: at the real sizes, on any device. */
  heldTraffic?: boolean
  /** Bytes to and from graphs so far. */
  bytes?: () => number
  /** What a generation was computed to take. */
  estimate?: (request: GenerateRequest) => Promise<GenerationEstimate>
}

/** What is timed: limits in milliseconds of all steps, and in megabytes of one; null: for information. */
const timed = [
  { history: 0, limit: 100, megabytes: 1 },
  { history: 5, limit: 1000, megabytes: 6 },
]
const timedFast = [
  { name: ' kept for 5 steps', history: 5, limit: 400, megabytes: 6, changes: { historyRefresh: 5 } },
  ...[0, 5].map((history) => ({
    name: ' kept for 5 steps, step caching at best',
    history,
    limit: null,
    megabytes: 6,
    changes: { historyRefresh: 5, stepCache: 1 },
  })),
]

/**
 * Times 20 guided DDIM steps without history and with five frames of it, and with the shortcuts of `speed: "fast"` where the
 * model has them, medians of five after one to warm up; and, for information, the other stages of the same generations, in
 * which every text and picture is encoded anew.
 */
export async function checkSpeed(
  model: Generator,
  request: DrawRequest,
  { held, fast = false, heldTraffic = false, bytes = () => 0, estimate }: SpeedContext,
): Promise<Row[]> {
  const rows: Row[] = []
  const exactly = timed.map((one) => ({ ...one, name: '', changes: {} }))
  for (const { name, history, limit, megabytes, changes } of fast ? [...exactly, ...timedFast] : exactly) {
    // A scope for each run of each: none finds anything that another has encoded.
    const generate = (run: number) =>
      model.generate(request(history, run, { ...changes, cacheScope: `run ${run}, ${history}${name}` }))
    await generate(runs)
    const before = bytes()
    const times: Record<'encodeMs' | 'denoiseMs' | 'decodeMs' | 'totalMs', number>[] = []
    for (let run = 0; run < runs; run++) {
      const began = performance.now()
      const { timings } = await generate(run)
      times.push({ ...timings, totalMs: performance.now() - began })
    }
    const medianOf = (stage: keyof (typeof times)[0]): number => median(times.map((one) => one[stage]))
    const what = `${request(history, 1).width} px, 20 steps with guidance, history ${history}${name}`
    const information = (stage: string, value: number): Row => ({
      check: `${what}: ${stage}`,
      value: ms(value),
      target: '',
      passed: null,
    })
    const denoise = medianOf('denoiseMs')
    const moved = (bytes() - before) / runs / 20 / 1e6
    const expected = await estimate?.(request(history, 1, changes))
    const computed = expected && {
      computed: `${ms(1000 * expected.steps * expected.step.total)}, ${expected.step.bound}`,
    }
    rows.push(
      {
        ...information('the steps', denoise),
        ...computed,
        target: limit === null ? '' : `≤ ${limit} ms`,
        passed: held && limit !== null ? denoise <= limit : null,
      },
      {
        ...information('to and from graphs, a step', 0),
        value: `${moved.toFixed(2)} MB`,
        ...(expected && { computed: `${(expected.step.traffic / 1e6).toFixed(2)} MB` }),
        target: `≤ ${megabytes} MB`,
        passed: heldTraffic ? moved <= megabytes : null,
      },
      information('texts and pictures in', medianOf('encodeMs')),
      information('VAE decoding', medianOf('decodeMs')),
      { ...information('all of it', medianOf('totalMs')), ...(expected && { computed: ms(1000 * expected.total) }) },
    )
  }
  return rows
}

/**
 * Generations from random noise, pictures and texts, of one to four steps: all must come to numbers. The pipeline looks
 * at every latent and at the decoded picture, and refuses what is not finite.
 *
 * @param count - how many
 * @param fast - whether a third of them, of three or four steps, are made with the shortcuts of `speed: "fast"`
 */
export async function checkNumbers(model: Generator, request: DrawRequest, count: number, fast = false): Promise<Row> {
  const bad: number[] = []
  for (let seed = 0; seed < count; seed++) {
    const history = seed % 6
    // Another third in each six, so that every history has its turn.
    const short = fast && (seed + Math.floor(seed / 6)) % 3 === 0
    const changes = short
      ? { steps: 3 + (Math.floor(seed / 3) % 2), historyRefresh: 5, stepCache: 0.1 }
      : { steps: 1 + (seed % 4) }
    try {
      await model.generate(request(history, seed, changes))
    } catch (error) {
      if ((error as Partial<AceError>).code !== 'model_invalid_output') throw error
      bad.push(seed)
    }
  }
  const value = bad.length ? `${bad.length} not, the first with seed ${bad[0]}` : 'all'
  return { check: `finite numbers from ${count} random inputs`, value, target: 'all', passed: bad.length === 0 }
}
