#!/usr/bin/env node
// npm run bench:history: what a turn costs with more and more history, through the embedded stack with ace-mini.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkNodeVersion } from './node-version.mjs'

const usage = `Usage: npm run bench:history [-- CONVERSATIONS]
Holds conversations (default 7, at least 5) of a first picture and six edits of the picture before, on a warm worker.
Prints the median of each turn. Exit status 1 when a turn encodes more than its own text and its own picture.`

const columns = ['latency ms', 'encodeMs', 'denoiseMs', 'texts encoded', 'images encoded']
const edits = 6

/** One conversation. Returns for each turn the numbers of {@link columns}. */
async function converse(atelier, number) {
  const session = await atelier.sessions.create()
  const rows = []
  let images = []
  for (let turn = 0; turn <= edits; turn++) {
    // Words that were not said before, about as many as people use.
    const first = `a red circle on a blue background, ${number}`
    const instruction = turn ? `make the circle green, change ${turn} of ${number}` : first
    const began = performance.now()
    const { generations } = await atelier.turns.create(session.id, { instruction, images })
    const done = await atelier.generations.wait(generations[0].id)
    const latency = performance.now() - began
    if (done.status !== 'succeeded') throw new Error(`turn ${turn} ${done.status}: ${JSON.stringify(done.error)}`)
    const frames = done.lcu.flatMap((unit) => unit.images).length
    if (frames !== turn)
      throw new Error(`turn ${turn} saw ${frames} pictures: its history is not what is measured here`)
    const { encodeMs, denoiseMs, textsEncoded, imagesEncoded } = done.timings
    rows.push([latency, encodeMs, denoiseMs, textsEncoded, imagesEncoded])
    images = [{ imageId: done.images[0].id }]
  }
  return rows
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]

/** The worst of the counts, the median of the times. */
const summary = (runs, turn) =>
  columns.map((name, column) => {
    const values = runs.map((rows) => rows[turn][column])
    return name.endsWith('encoded') ? Math.max(...values) : Math.round(median(values))
  })

const line = (cells) => `| ${cells.join(' | ')} |`

async function bench(conversations) {
  await (await import('./install.mjs')).install()
  await (await import('./build.mjs')).build()
  const [{ startLocal }, { readEnvironment }, { Atelier }] = await Promise.all(
    ['local', 'config', 'client'].map((name) => import(`../packages/${name}/dist/src/index.js`)),
  )
  const data = mkdtempSync(join(tmpdir(), 'atelier bench '))
  const environment = readEnvironment({ ATELIER_DATA: data, PORT: '0', RATE_LIMIT_PER_MINUTE: '0' })
  const stack = await startLocal(environment, () => {})
  try {
    const atelier = new Atelier({ url: stack.url, token: stack.token })
    await converse(atelier, 0)
    const runs = []
    for (let number = 1; number <= conversations; number++) runs.push(await converse(atelier, number))
    const rows = Array.from({ length: edits + 1 }, (_, turn) => summary(runs, turn))
    console.log(
      `npm run bench:history -- ${conversations} (medians of ${conversations} conversations; counts: the most)\n`,
    )
    console.log(line(['turn', ...columns]))
    console.log(line(['---', ...columns.map(() => '---:')]))
    rows.forEach((row, turn) =>
      console.log(line([turn ? `edit, ${turn - 1} turns of history` : 'first picture', ...row])),
    )
    return rows.every(([, , , texts, images], turn) => texts <= 1 && images <= Math.min(turn, 1))
  } finally {
    await stack.close()
    rmSync(data, { recursive: true, force: true })
  }
}

checkNodeVersion()
const [argument = '7', ...more] = process.argv.slice(2)
const conversations = Number(argument)
if (argument === '--help') {
  console.log(usage)
} else if (more.length || !Number.isInteger(conversations) || conversations < 5) {
  console.error(usage)
  process.exitCode = 2
} else if (!(await bench(conversations))) {
  console.error('bench:history: a turn encoded more than its own text and picture.')
  process.exitCode = 1
}
