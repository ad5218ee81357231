// npm run bench:history: what a turn costs with more and more history, through the embedded stack with ace-mini.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Atelier } from '@atelier/client'
import { median } from './median.js'
import { embeddedModel, messageOf } from './repository.js'
import { startStack } from './start-stack.js'

const usage = `Usage: npm run bench:history [-- CONVERSATIONS]
Holds conversations (default 7, at least 5) of a first picture and six edits of the picture before, on a warm worker.
Prints the median of each turn. Exit status 1 when a turn encodes more than its own text and its own picture.`

const columns = ['latency ms', 'encodeMs', 'denoiseMs', 'texts encoded', 'images encoded'] as const
const edits = 6

/** The numbers of {@link columns}. */
type Row = [latency: number, encodeMs: number, denoiseMs: number, textsEncoded: number, imagesEncoded: number]

/** One conversation; a row for each turn. */
async function converse(atelier: Atelier, number: number): Promise<Row[]> {
  const session = await atelier.sessions.create()
  const rows: Row[] = []
  let images: { imageId: string }[] = []
  for (let turn = 0; turn <= edits; turn++) {
    // Words that no turn has said before, about as many as people use.
    const first = `a red circle on a blue background, ${number}`
    const instruction = turn ? `make the circle green, change ${turn} of ${number}` : first
    const began = performance.now()
    const { generations } = await atelier.turns.create(session.id, { instruction, images })
    const done = await atelier.generations.wait(generations[0]!.id)
    const latency = performance.now() - began
    if (done.status !== 'succeeded') throw new Error(`turn ${turn} ${done.status}: ${JSON.stringify(done.error)}`)
    const frames = done.lcu.flatMap((unit) => unit.images).length
    if (frames !== turn) throw new Error(`turn ${turn} saw ${frames} pictures, but its history has ${turn}`)
    const { encodeMs, denoiseMs, textsEncoded, imagesEncoded } = done.timings
    rows.push([latency, encodeMs!, denoiseMs!, textsEncoded!, imagesEncoded!])
    images = [{ imageId: done.images[0]!.id }]
  }
  return rows
}

/** The worst of the counts, the median of the times. */
const summary = (runs: readonly Row[][], turn: number): number[] =>
  columns.map((name, column) => {
    const values = runs.map((rows) => rows[turn]![column]!)
    return name.endsWith('encoded') ? Math.max(...values) : Math.round(median(values))
  })

const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`

/** Prints the table; false when a turn encoded more than its own text and picture. */
async function bench(conversations: number): Promise<boolean> {
  const data = mkdtempSync(join(tmpdir(), 'atelier bench '))
  try {
    const stack = await startStack(data, {
      MODELS_DIRECTORY: dirname(embeddedModel),
      DEFAULT_MODEL: basename(embeddedModel),
    })
    try {
      await converse(stack.client, 0)
      const runs: Row[][] = []
      for (let number = 1; number <= conversations; number++) runs.push(await converse(stack.client, number))
      const rows = Array.from({ length: edits + 1 }, (_, turn) => summary(runs, turn))
      console.log(
        `npm run bench:history -- ${conversations} (medians of ${conversations} conversations; counts: the most)\n`,
      )
      console.log(line(['turn', ...columns]))
      console.log(line(['---', ...columns.map(() => '---:')]))
      rows.forEach((row, turn) =>
        console.log(line([turn ? `edit, ${turn - 1} turns of history` : 'first picture', ...row])),
      )
      return rows.every(([, , , texts, images], turn) => texts! <= 1 && images! <= Math.min(turn, 1))
    } finally {
      await stack.close()
    }
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

const [argument = '7', ...more] = process.argv.slice(2)
const conversations = Number(argument)
if (argument === '--help' || argument === '-h') {
  console.log(usage)
} else if (more.length || !Number.isInteger(conversations) || conversations < 5) {
  console.error(usage)
  process.exitCode = 2
} else {
  try {
    if (!(await bench(conversations))) {
      console.error('bench:history: a turn encoded more than its own text and picture.')
      process.exitCode = 1
    }
  } catch (error) {
    console.error(`bench:history: ${messageOf(error)}`)
    process.exitCode = 1
  }
}
