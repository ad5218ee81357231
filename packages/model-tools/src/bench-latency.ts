// npm run bench:latency: where the time goes from a turn to its picture, in the embedded stack with ace-mini.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { encodePng, openModel, type GenerateRequest } from '@atelier/ace'
import { startSpanCollector } from './bench-latency/span-collector.js'
import { parts, splitTurn, type SeenTurn } from './bench-latency/split.js'
import { median } from './median.js'
import { embeddedModel, messageOf } from './repository.js'
import { startStack, type Stack } from './start-stack.js'

const usage = `Usage: npm run bench:latency [-- TURNS]
Makes pictures one after another, TURNS (default 20, at least 5) each: a first picture and an edit of it, at the model's
default steps and at 20. Prints the medians from POST to generation-succeeded on a socket and to the picture's bytes, where
that time went, by the traces, and what the model needs alone.`

const cases = ['first', 'edit', 'first, 20 steps', 'edit, 20 steps'] as const
type Case = (typeof cases)[number]
const byCase = <T>(of: (name: Case) => T): Record<Case, T> =>
  Object.fromEntries(cases.map((name) => [name, of(name)])) as Record<Case, T>

const stepsOf = (name: Case) => (name.endsWith('20 steps') ? { steps: 20 } : {})
const firstWords = (number: number) => `a red circle on a blue background, ${number}`
const editWords = (number: number) => `make the circle green, change ${number}`
const now = () => performance.timeOrigin + performance.now()

/** One turn, as its caller sees it. @returns also the id of its picture */
async function take(
  { client, url }: Stack,
  sessionId: string,
  turn: { instruction: string; images: { imageId: string }[]; parameters: { steps?: number } },
): Promise<SeenTurn & { imageId: string }> {
  const events = client.events(sessionId)
  try {
    const joined = new Promise((resolve) => events.on('snapshot', resolve))
    const ended = new Promise<{ at: number; picture: { id: string; url: string } }>((resolve, reject) => {
      events.on('generation-succeeded', ({ payload: { images } }) => resolve({ at: now(), picture: images[0]! }))
      events.on('generation-failed', ({ payload: { error } }) => reject(new Error(`a turn failed: ${error.message}`)))
    })
    await joined
    const sent = now()
    const { generations } = await client.turns.create(sessionId, turn)
    const answered = now()
    const { at: succeeded, picture } = await ended
    await (await fetch(new URL(picture.url, url))).arrayBuffer()
    const shown = now()
    const generationId = generations[0]!.id
    const { status } = await client.generations.get(generationId)
    if (status !== 'succeeded') throw new Error(`GET says ${status} after generation-succeeded`)
    return { generationId, sent, answered, succeeded, shown, imageId: picture.id }
  } finally {
    events.close()
  }
}

/** Takes all cases in turn, so that another load meets all of them. */
async function takeAll(stack: Stack, turns: number): Promise<Record<Case, SeenTurn[]>> {
  const seen = byCase<SeenTurn[]>(() => [])
  const warmUps = 3
  for (let number = 0; number < turns + warmUps; number++) {
    for (const [first, edit] of [
      ['first', 'edit'],
      ['first, 20 steps', 'edit, 20 steps'],
    ] as const) {
      const { id } = await stack.client.sessions.create()
      const parameters = stepsOf(first)
      const made = await take(stack, id, { instruction: `${firstWords(number)} ${first}`, images: [], parameters })
      const images = [{ imageId: made.imageId }]
      const changed = await take(stack, id, { instruction: `${editWords(number)} ${first}`, images, parameters })
      if (number < warmUps) continue
      seen[first].push(made)
      seen[edit].push(changed)
    }
  }
  return seen
}

/** Medians of the model alone in this process: milliseconds of a whole generation, and those inside ONNX Runtime. */
async function modelAlone(turns: number): Promise<Record<Case, { totalMs: number; graphsMs: number }>> {
  let graphsMs = 0
  const model = await openModel(embeddedModel, { onRun: ({ ms }) => (graphsMs += ms) })
  try {
    const times = byCase<{ total: number; graphs: number }[]>(() => [])
    const run = async (name: Case, request: Pick<GenerateRequest, 'instruction' | 'frames'>) => {
      const { frames } = request
      const fixed = { negativePrompt: '', keepUnmasked: false, seed: 7, cacheScope: 'bench' }
      graphsMs = 0
      const began = performance.now()
      const { defaults } = model.manifest
      const asked = { ...defaults, ...fixed, ...request, ...stepsOf(name), currentFrames: frames.length }
      const made = await model.generate(asked)
      times[name].push({ total: performance.now() - began, graphs: graphsMs })
      return encodePng(made.pixels, made.width, made.height)
    }
    for (let number = 0; number <= turns; number++) {
      for (const [first, edit] of [
        ['first', 'edit'],
        ['first, 20 steps', 'edit, 20 steps'],
      ] as const) {
        const image = await run(first, { instruction: `${firstWords(number)} ${first}`, frames: [] })
        const instruction = `${editWords(number)} ${first}`
        await run(edit, { instruction, frames: [{ image, mask: null, maskMode: 'keep', instruction }] })
      }
    }
    return byCase((name) => {
      const counted = times[name].slice(1)
      return {
        totalMs: median(counted.map(({ total }) => total)),
        graphsMs: median(counted.map(({ graphs }) => graphs)),
      }
    })
  } finally {
    await model.close()
  }
}

const row = (...cells: string[]): void => console.log(`| ${cells.join(' | ')} |`)
const ms = (value: number): string => value.toFixed(1)

async function bench(turns: number): Promise<void> {
  console.log(`npm run bench:latency -- ${turns}`)
  const load = () => loadavg()[0]!.toFixed(1)
  const before = load()
  const data = mkdtempSync(join(tmpdir(), 'atelier bench '))
  const collector = await startSpanCollector()
  try {
    const stack = await startStack(data, {
      MODELS_DIRECTORY: dirname(embeddedModel),
      DEFAULT_MODEL: basename(embeddedModel),
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    })
    // closing sends the spans that are left
    const seen = await takeAll(stack, turns).finally(() => stack.close())
    const after = load()
    const alone = await modelAlone(turns)
    console.log(
      `(medians of ${turns}, milliseconds; ${cpus().length} × ${cpus()[0]!.model.trim()}, load ${before} before, ${after} after, Node ${process.version})\n`,
    )
    row('', ...cases)
    row('---', ...cases.map(() => '---:'))
    const line = (name: string, of: (name: Case) => string) => row(name, ...cases.map(of))
    const of = (name: Case, value: (turn: SeenTurn) => number) => median(seen[name].map(value))
    const splits = byCase((name) => seen[name].map((turn) => splitTurn(turn, collector.spans)))
    const own = byCase((name) => median(splits[name].map((split) => split["the model's own time"])))
    const total = byCase((name) => of(name, ({ sent, succeeded }) => succeeded - sent))
    line('**POST to `succeeded`**', (name) => `**${ms(total[name])}**`)
    line("— × the model's own time", (name) => (total[name] / own[name]).toFixed(2))
    line('POST to bytes', (name) => ms(of(name, ({ sent, shown }) => shown - sent)))
    for (const part of parts) line(part, (name) => ms(median(splits[name].map((split) => split[part]))))
    line('the model alone', (name) => ms(alone[name].totalMs))
    line('— in `session.run`', (name) => ms(alone[name].graphsMs))
  } finally {
    collector.close()
    rmSync(data, { recursive: true, force: true })
  }
}

const [argument = '20', ...more] = process.argv.slice(2)
const turns = Number(argument)
if (argument === '--help' || argument === '-h') {
  console.log(usage)
} else if (more.length || !Number.isInteger(turns) || turns < 5) {
  console.error(usage)
  process.exitCode = 2
} else {
  await bench(turns).catch((error: unknown) => {
    console.error(`bench:latency: ${messageOf(error)}`)
    process.exitCode = 1
  })
}
