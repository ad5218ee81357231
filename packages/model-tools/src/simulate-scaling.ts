// npm run simulate:scaling: what a day of people would wait, and what it would cost, for settings of KEDA.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { typedNumber } from '@atelier/service'
import { arrivalsOf } from './scaling/arrivals.js'
import { simulate, type Outcome, type Scaling } from './scaling/simulate.js'
import { alignColumns } from './parity/format-table.js'
import { messageOf } from './repository.js'

const usage = `Usage: npm run simulate:scaling [-- --pictures N --step-ms MS …]
Plays a day against workers that come and go, and prints waits, GPU hours and the cheapest settings that hold the target.
Nothing runs: give it step and load times that were measured (npm run bench:model, npm run check:cuda).
  --pictures N      pictures of the day (default 20000)
  --peak X          how much busier the busiest hour is than the mean (default 2)
  --bursts N        times at which many come at once, for five minutes (default 6)
  --burst-factor X  how many more (default 5)
  --file FILE       instead: the times of the day, in seconds, one a line
  --step-ms MS      of one step (default 40)
  --steps N         of a picture (default 20)
  --other-ms MS     of a picture beside its steps: texts, images, decoding, storing (default 150)
  --batch N         pictures that a worker makes at once, its BATCH_SIZE (default 1)
  --throughput X    how many times as many it makes in the same time then, as measured by
                    npm run bench:model -- --batch-of N (default 1)
  --start S         seconds from the wish for a worker to its first picture (default 90)
  --poll S          seconds between two looks of KEDA (default 15)
  --max N           most workers (default 16)
  --target S        seconds that 95 % wait at most (default 10)
  --seed N          of the day (default 1)`

const share = (values: readonly number[], of: number) =>
  values.length ? values[Math.min(values.length - 1, Math.floor(values.length * of))]! : 0

/** One setting, what came of it, and its waits and times until a picture was made, ascending. */
interface Played {
  scaling: Scaling
  outcome: Outcome
  sorted: number[]
  totals: number[]
}

function readNumbers(args: string[]) {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean' },
      pictures: text,
      peak: text,
      bursts: text,
      'burst-factor': text,
      file: text,
      'step-ms': text,
      steps: text,
      'other-ms': text,
      batch: text,
      throughput: text,
      start: text,
      poll: text,
      max: text,
      target: text,
      seed: text,
    },
  })
  const number = (name: Exclude<keyof typeof values, 'help' | 'file'>, usual: number, from: number, whole = false) =>
    typedNumber(`--${name}`, values[name] ?? String(usual), { from, to: 1e7, whole })
  return { values, number }
}

/** Times of a file: one number of seconds a line. @throws TypedNumberError naming the line that is none */
function readArrivals(file: string): number[] {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim())
  const times = lines.map((line, index) => {
    return typedNumber(`${file}, line ${index + 1}`, line.trim(), { from: 0 })
  })
  return times.toSorted((a, b) => a - b)
}

function main(args: string[]): void {
  const { values, number } = readNumbers(args)
  if (values.help) return console.log(usage)
  const arrivals = values.file
    ? readArrivals(values.file)
    : arrivalsOf({
        pictures: number('pictures', 20_000, 1, true),
        peak: number('peak', 2, 1),
        bursts: number('bursts', 6, 0, true),
        burstFactor: number('burst-factor', 5, 1),
        seed: number('seed', 1, 0, true),
      })
  const pictureSeconds = (number('step-ms', 40, 0.1) * number('steps', 20, 1, true) + number('other-ms', 150, 0)) / 1000
  const times = {
    pictureSeconds,
    startSeconds: number('start', 90, 0),
    batch: number('batch', 1, 1, true),
    throughput: number('throughput', 1, 0.1),
  }
  const max = number('max', 16, 1, true)
  const target = number('target', 10, 0)
  const pollSeconds = number('poll', 15, 1)
  const work = (arrivals.length * pictureSeconds) / 3600
  console.log(
    `${arrivals.length} pictures of ${pictureSeconds.toFixed(2)} s: ${work.toFixed(1)} GPU hours of work; ` +
      `a worker starts in ${times.startSeconds} s; ${process.argv.slice(2).join(' ') || 'defaults'}\n`,
  )

  const settings: Scaling[] = [0, 1, 2, 4, 8, 16]
    .filter((min) => min <= max)
    .flatMap((min) =>
      [1, 3, 10].flatMap((perWorker) =>
        [60, 300, 900].map((cooldownSeconds) => ({ min, max, perWorker, pollSeconds, cooldownSeconds })),
      ),
    )
  const played: Played[] = settings.map((scaling, index) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${index + 1} of ${settings.length} settings`)
    const outcome = simulate(arrivals, times, scaling)
    const ascending = (values: number[]) => values.toSorted((a, b) => a - b)
    return { scaling, outcome, sorted: ascending(outcome.waits), totals: ascending(outcome.totals) }
  })
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  const row = ({ scaling, outcome, sorted, totals }: Played) => [
    String(scaling.min),
    String(scaling.perWorker),
    String(scaling.cooldownSeconds),
    ...[0.5, 0.95, 0.99].map((of) => share(sorted, of).toFixed(1)),
    share(totals, 0.95).toFixed(1),
    outcome.gpuHours.toFixed(1),
    `${((100 * work) / Math.max(work, outcome.gpuHours)).toFixed(0)} %`,
    String(outcome.mostWorkers),
  ]
  const cheapest = played.toSorted((a, b) => a.outcome.gpuHours - b.outcome.gpuHours)
  const holding = cheapest.filter(({ sorted }) => share(sorted, 0.95) <= target)
  const columns = [
    'min',
    'per worker',
    'cooldown s',
    'wait p50 s',
    'p95 s',
    'p99 s',
    'made p95 s',
    'GPU hours',
    'used',
    'most workers',
  ]
  const shown = [...(holding.length ? holding.slice(0, 5) : []), cheapest[0]!]
  console.log(alignColumns([columns, ...shown.map(row)]))
  const best = holding[0]
  console.log(
    best
      ? `\nThe cheapest that holds p95 ≤ ${target} s: minReplicaCount ${best.scaling.min}, ${best.scaling.perWorker} generations for each worker, cooldown ${best.scaling.cooldownSeconds} s. The last row is the cheapest of all.`
      : `\nNone of ${settings.length} settings holds p95 ≤ ${target} s with at most ${max} workers. The row is the cheapest of all.`,
  )
}

try {
  main(process.argv.slice(2))
} catch (error) {
  console.error(`simulate:scaling: ${messageOf(error)}`)
  process.exitCode = 2
}
