// npm run judge: draws test conversations, runs them through the TypeScript pipeline, judges the pictures.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Sampler } from '@atelier/contracts'
import { chosenPython } from '@atelier/service'
import { runCases, type RunCasesOptions } from './judge/run-cases.js'
import { embeddedModel, messageOf, ml, runProgram, typedPath, venvPython } from './repository.js'

const usage = `Usage: npm run judge -- [--model DIR] [--cases N] [--rows NAME,…] [--seed N] [--out DIR] [--processes N]
                        [--steps N] [--sampler NAME] [--guidance SCALE] [--interval FROM,TO]
Draws test conversations of the small world (seeds that training never draws), runs each through the pipeline of
packages/ace with the model's defaults unless told otherwise, with the history that the chat would show and without, and
prints how many pictures show what they should.

  --model DIR     a model folder (default models/ace-mini)
  --cases N       cases a row (default 100, which makes 4,400 pictures)
  --rows NAME,…   some rows only: undo, put-back, first-colour, later-edit, three-turns, create-one, create-two,
                  create-three, recolour, background, add, remove, replace, move, resize, style, day-night, edges,
                  scribble, segmentation, depth, low-res, from-edges, from-scribble, from-segmentation, from-depth,
                  from-low-res, inpaint, outpaint, cut-out, put-in, reference, take-style, held-out, long-chat; in
                  worlds with written words also create-word, add-word, remove-word
  --seed N        another draw of test cases (default 0)
  --out DIR       cases, pictures and report (default ml/runs/judge); a run that was cut short goes on there
  --processes N   processes of one thread each, for the pictures and for judging them (default: one a core)
  --steps N, --sampler ddim|dpm++2m, --guidance SCALE, --interval FROM,TO
                  instead of the model's defaults (docs/samplers.md)
  --judge-only    judge the pictures that are there

Needs ml/.venv (bash ml/setup.sh), or the PYTHON of such an environment.`

const options = {
  model: { type: 'string' },
  cases: { type: 'string', default: '100' },
  rows: { type: 'string', default: '' },
  seed: { type: 'string', default: '0' },
  out: { type: 'string' },
  processes: { type: 'string', default: String(availableParallelism()) },
  steps: { type: 'string' },
  sampler: { type: 'string' },
  guidance: { type: 'string' },
  interval: { type: 'string' },
  'judge-only': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

type Settings = NonNullable<RunCasesOptions['settings']>
const parse = () => parseArgs({ options }).values
type Values = ReturnType<typeof parse>

const python = chosenPython() ?? venvPython
const runPython = (...args: string[]): Promise<void> => runProgram(python, ['-m', 'atelier_ml', ...args], ml)

async function judge(values: Values): Promise<void> {
  if (!existsSync(python)) throw new Error('there is no ml/.venv; make it with: bash ml/setup.sh')
  const processes = Number(values.processes)
  if (!Number.isInteger(processes) || processes < 1)
    throw new Error(`--processes must be a whole number from 1 on, not ${values.processes}`)
  const folder = values.out === undefined ? join(ml, 'runs/judge') : typedPath(values.out)
  const model = values.model === undefined ? embeddedModel : typedPath(values.model)
  await runPython('judge-cases', '--out', folder, '--cases', values.cases, '--seed', values.seed, '--rows', values.rows)
  // Pictures of another model or other settings never mix with these: the manifest names the hash of every file.
  const manifest = readFileSync(join(model, 'manifest.json'))
  const settings = chosenSettings(values)
  const hash = createHash('sha256')
    .update(manifest)
    .update(Object.keys(settings).length ? JSON.stringify(settings) : '')
  const outputs = join(folder, `outputs-${hash.digest('hex').slice(0, 12)}`)
  if (!values['judge-only']) await makePictures(folder, model, outputs, processes, settings)
  await runPython('judge', '--cases', folder, '--outputs', outputs, '--model', model, '--processes', values.processes)
}

/** The settings of a generation that the command line names. The model's limits hold for them. */
function chosenSettings({ steps, sampler, guidance, interval }: Values): Settings {
  return {
    ...(steps && { steps: Number(steps) }),
    ...(sampler && { sampler: sampler as Sampler }),
    ...(guidance && { guidanceScale: Number(guidance) }),
    ...(interval && { guidanceInterval: interval.split(',').map(Number) as [number, number] }),
  }
}

async function makePictures(
  folder: string,
  model: string,
  outputs: string,
  processes: number,
  settings: Settings,
): Promise<void> {
  const began = Date.now()
  const made = await runCases(folder, model, outputs, { processes, settings, onPictures: progressLine() })
  const seconds = (Date.now() - began) / 1000
  if (made) console.error(`${made} pictures in ${Math.round(seconds)} s, ${(made / seconds).toFixed(2)} a second`)
}

/** A live line on a terminal; in a log a line every half minute. */
function progressLine(): (done: number, total: number) => void {
  const live = process.stderr.isTTY
  let last = 0
  return (done, total) => {
    if (done < total && Date.now() - last < (live ? 200 : 30_000)) return
    last = Date.now()
    process.stderr.write(`${live ? '\r' : ''}pictures ${done}/${total}${live && done < total ? '' : '\n'}`)
  }
}

try {
  const values = parse()
  if (values.help) console.log(usage)
  else await judge(values)
} catch (error) {
  console.error(`judge: ${messageOf(error)}`)
  process.exitCode = 2
}
