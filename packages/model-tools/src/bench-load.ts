// npm run bench:load: what one API process, one Postgres and one Redis hold on this machine.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openConsumer } from '@atelier/queue'
import { typedNumber } from '@atelier/service'
import { openAudience, type Audience, type Stage } from './bench-load/audience.js'
import { processorSeconds, residentBytes } from './bench-load/processor-time.js'
import { startServices, type Services } from './bench-load/services.js'
import { messageOf } from './repository.js'

const usage = `Usage: npm run bench:load [-- --sockets N --per-session N --writers N --seconds S --queue redis|postgres]
Starts one API, one Postgres and one Redis, and loads them: turns a second, sockets, events and steps to sockets.
  --sockets N      joined sockets (default 1000)
  --per-session N  of them in each session (default 5)
  --writers N      callers that create turns one after another (default 16)
  --running N      generations whose steps are reported, 20 a second each (default 20)
  --seconds S      length of each measurement (default 10)
  --queue Q        redis (default, on the PATH) or postgres
There is no model: what reports the steps stands in for the workers.`

interface Options {
  sockets: number
  perSession: number
  writers: number
  running: number
  seconds: number
  queue: 'redis' | 'postgres'
}

const instruction = 'a red circle on blue'

/** Pause between two steps of a generation, in milliseconds. */
const stepMs = 50

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN

const row = (...cells: (string | number)[]): void => console.log(`| ${cells.join(' | ')} |`)
function table(title: string, ...columns: string[]): void {
  console.log(`\n${title}\n`)
  row(...columns)
  row(...columns.map((_, index) => (index ? '---:' : '---')))
}
const whole = (value: number): string => Math.round(value).toLocaleString('en')
const p50p99 = (ms: readonly number[]): string => `${whole(percentile(ms, 0.5))} · ${whole(percentile(ms, 0.99))}`

/** What a part took of one core while something ran, in percent. */
async function sharesOf<T>(
  { pids }: Services,
  run: () => Promise<T>,
): Promise<{ result: T; shares: string[]; ms: number }> {
  const read = () => [
    ...Object.values(pids).map(processorSeconds),
    process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
  ]
  const [before, began] = [read(), performance.now()]
  const result = await run()
  const ms = performance.now() - began
  const shares = read().map((seconds, index) => `${whole((100_000 * (seconds - before[index]!)) / ms)} %`)
  return { result, shares, ms }
}

const parts = ({ pids }: Services): string[] =>
  [...Object.keys(pids), 'this command'].map((name) => `${name}, of a core`)

/** Creates turns one after another until the time is over; each caller in turn writes to every stage. */
async function write(stages: readonly Stage[], writers: number, seconds: number): Promise<number[]> {
  const times: number[] = []
  const until = performance.now() + seconds * 1000
  const caller = async (first: number): Promise<void> => {
    for (let at = first; performance.now() < until; at += writers) {
      const { client, sessionId } = stages[at % stages.length]!
      const began = performance.now()
      await client.turns.create(sessionId, { instruction, images: [] })
      times.push(performance.now() - began)
    }
  }
  await Promise.all(Array.from({ length: writers }, (_, index) => caller(index)))
  return times
}

async function benchTurns(services: Services, { writers, seconds }: Options): Promise<void> {
  const { stages, close } = await openAudience(services, { sockets: writers, perSession: 1, stepTime: () => 0 })
  await write(stages, writers, 2)
  table('Creating turns, nobody listens', 'writers', 'turns/s', 'p50 · p99 ms', ...parts(services))
  for (const callers of new Set([1, writers])) {
    const { result, shares, ms } = await sharesOf(services, () => write(stages, callers, seconds))
    row(callers, whole((1000 * result.length) / ms), p50p99(result), ...shares)
  }
  close()
}

async function benchEvents(services: Services, audience: Audience, { writers, seconds }: Options): Promise<void> {
  table(
    'Creating turns while everybody listens',
    'writers',
    'turns/s',
    'events/s to sockets',
    'change → client p50 · p99 ms',
    ...parts(services),
  )
  for (const callers of new Set([1, writers])) {
    await sleep(1000)
    audience.take()
    const { result, shares, ms } = await sharesOf(services, () => write(audience.stages, callers, seconds))
    await sleep(1000)
    const { events } = audience.take()
    row(callers, whole((1000 * result.length) / ms), whole((1000 * events.length) / ms), p50p99(events), ...shares)
  }
}

/** Reports steps from the queue's own consumer, as workers would, of generations that have just been created. */
async function benchSteps(services: Services, audience: Audience, options: Options, began: number): Promise<void> {
  const { running, seconds } = options
  await drain(services)
  const made = new Map<string, { sessionId: string; turnId: string }>()
  for (let index = 0; index < running; index++) {
    const { client, sessionId } = audience.stages[index % audience.stages.length]!
    const { turn, generations } = await client.turns.create(sessionId, { instruction, images: [] })
    made.set(generations[0]!.id, { sessionId, turnId: turn.id })
  }
  let reported = 0
  const stopping = new AbortController()
  const place = { url: services.queueUrl, concurrency: running }
  const consumer = await openConsumer(place, async (generationId, { report }) => {
    while (!stopping.signal.aborted) {
      await sleep(stepMs)
      reported += 1
      report({ generationId, ...made.get(generationId)!, attempt: 1, step: Date.now() - began, steps: 1 })
    }
  })
  try {
    await sleep(2000)
    audience.take()
    reported = 0
    const { shares, ms } = await sharesOf(services, () => sleep(seconds * 1000))
    const asked = reported
    const { steps } = audience.take()
    table(
      'Steps of running generations while everybody listens',
      'running',
      'steps/s',
      'to sockets/s',
      'report → client p50 · p99 ms',
      ...parts(services),
    )
    row(running, whole((1000 * asked) / ms), whole((1000 * steps.length) / ms), p50p99(steps), ...shares)
  } finally {
    stopping.abort()
    await consumer.close()
  }
}

/** Cancels what waits, so that the consumer gets what is created next. */
async function drain({ url, database }: Services): Promise<void> {
  const { token } = await database.admin.createKey({ name: 'operator', scopes: ['admin'] })
  const response = await fetch(`${url}/v1/admin/queue/drain`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  })
  if (!response.ok) throw new Error(`the queue could not be drained: ${await response.text()}`)
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      sockets: { type: 'string', default: '1000' },
      'per-session': { type: 'string', default: '5' },
      writers: { type: 'string', default: '16' },
      running: { type: 'string', default: '20' },
      seconds: { type: 'string', default: '10' },
      queue: { type: 'string', default: 'redis' },
    },
  })
  const { queue } = values
  if (queue !== 'redis' && queue !== 'postgres') throw new TypeError('--queue is redis or postgres.')
  const number = (name: Exclude<keyof typeof values, 'queue'>): number =>
    typedNumber(`--${name}`, values[name], { from: 1, whole: true })
  return {
    sockets: number('sockets'),
    perSession: number('per-session'),
    writers: number('writers'),
    running: number('running'),
    seconds: number('seconds'),
    queue,
  }
}

async function main(): Promise<void> {
  const options = readOptions()
  const { sockets, perSession, writers, running, seconds, queue } = options
  const folder = mkdtempSync(join(tmpdir(), 'atelier-load-'))
  try {
    const services = await startServices(folder, queue)
    try {
      console.log(
        `npm run bench:load -- --sockets ${sockets} --per-session ${perSession} --writers ${writers} --running ${running} ` +
          `--seconds ${seconds} --queue ${queue}`,
      )
      console.log(
        `(${cpus().length} × ${cpus()[0]!.model.trim()}, load ${loadavg()[0]!.toFixed(1)}, Node ${process.version})`,
      )
      await benchTurns(services, options)

      await services.settle()
      const [memory, began] = [residentBytes(services.pids.api), Date.now()]
      const audience = await openAudience(services, { sockets, perSession, stepTime: (step) => began + step })
      const joined = (Date.now() - began) / 1000
      await services.settle()
      const bytes = residentBytes(services.pids.api) - memory
      table('Joining', 'sockets', 'sessions', 'seconds', 'KB of the API for each, without garbage')
      row(sockets, audience.stages.length, joined.toFixed(1), whole(bytes / 1000 / sockets))
      await benchEvents(services, audience, options)
      await benchSteps(services, audience, options, began)
      audience.close()
    } finally {
      await services.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) {
  console.log(usage)
} else {
  await main().catch((error: unknown) => {
    const wrong = error instanceof TypeError
    console.error(wrong ? `${error.message}\n\n${usage}` : `bench:load: ${messageOf(error)}`)
    process.exitCode = wrong ? 2 : 1
  })
}
