// npm run judge: draws test conversations, runs them through the TypeScript pipeline, judges the pictures.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Manifest, Sampler } from '@atelier/contracts'
import { chosenPython, typedNumber } from '@atelier/service'
import { runCases, type RunCasesOptions } from './judge/run-cases.js'
import { embeddedModel, messageOf, ml, runProgram, typedPath, venvPython } from './repository.js'

const usage = `Usage: npm run judge -- [--model DIR] [--cases N] [--rows NAME,…] [--seed N] [--out DIR] [--processes N]
                        [--steps N] [--sampler NAME] [--guidance SCALE] [--interval FROM,TO]
                        [--history-refresh N] [--step-cache CHANGE] [--graphs NAME]
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
  --steps N, --sampler ddim|dpm++2m, --guidance SCALE, --interval FROM,TO, --history-refresh N, --step-cache CHANGE
                  instead of the model's defaults (docs/samplers.md)
  --graphs NAME   cpu (default), or cuda: the graphs for CUDA of a folder that has them, run on the CPU
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
  'history-refresh': { type: 'string' },
  'step-cache': { type: 'string' },
  graphs: { type: 'string', default: 'cpu' },
  'judge-only': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

type Settings = NonNullable<RunCasesOptions['settings']>
const parse = () => parseArgs({ options }).values
type Values = ReturnType<typeof parse>

const python = chosenPython() ?? venvPython
const runPython = (...args: string[]): Promise<void> => runProgram(python, ['-m', 'atelier_ml', ...args], ml)

async function judge(values: Values): Promise<void> {
  const processes = typedNumber('--processes', values.processes, { from: 1, whole: true })
  typedNumber('--cases', values.cases, { from: 1, whole: true })
  typedNumber('--seed', values.seed, { from: 0, whole: true })
  const { graphs } = values
  if (graphs !== 'cpu' && graphs !== 'cuda') throw new Error(`--graphs must be cpu or cuda, not ${graphs}`)
  const folder = values.out === undefined ? join(ml, 'runs/judge') : typedPath(values.out)
  const model = values.model === undefined ? embeddedModel : typedPath(values.model)
  const manifest = readFileSync(join(model, 'manifest.json'))
  const { cuda, limits } = JSON.parse(manifest.toString()) as Pick<Manifest, 'cuda' | 'limits'>
  const settings = chosenSettings(values, limits)
  if (graphs === 'cuda' && !cuda)
    throw new Error(
      `${model} has no graphs for CUDA; make them with: python -m atelier_ml add-cuda-graphs (ml/README.md)`,
    )
  if (graphs === 'cuda' && settings.historyRefresh && !cuda?.keptSampler)
    throw new Error(`${model} has no graph for CUDA that shares the history: its fast names no historyRefresh`)
  if (settings.stepCache !== undefined && (graphs === 'cpu' || !((settings.historyRefresh ?? 1) > 1)))
    throw new Error('--step-cache goes with --graphs cuda and a --history-refresh of 2 or more')
  if (!existsSync(python)) throw new Error('there is no ml/.venv; make it with: bash ml/setup.sh')
  await runPython('judge-cases', '--out', folder, '--cases', values.cases, '--seed', values.seed, '--rows', values.rows)
  // Pictures of another model or other settings never mix with these: the manifest names the hash of every file.
  const hash = createHash('sha256')
    .update(manifest)
    .update(Object.keys(settings).length ? JSON.stringify(settings) : '')
    .update(graphs === 'cpu' ? '' : graphs)
  const outputs = join(folder, `outputs-${hash.digest('hex').slice(0, 12)}`)
  if (!values['judge-only']) await makePictures(folder, model, outputs, { processes, settings, graphs })
  await runPython('judge', '--cases', folder, '--outputs', outputs, '--model', model, '--processes', values.processes)
}

/** The settings of a generation that the command line names, within what a model takes. @throws TypedNumberError */
function chosenSettings(values: Values, { maxSteps, maxGuidanceScale }: Manifest['limits']): Settings {
  const { steps, sampler, guidance, interval, 'history-refresh': refresh, 'step-cache': stepCache } = values
  const ofSteps = { from: 1, to: maxSteps, whole: true }
  const [from, to, ...more] =
    interval?.split(',').map((text) => typedNumber('--interval', text, { from: 0, to: 1 })) ?? []
  if (interval !== undefined && (more.length || !(from! < to!)))
    throw new Error(`--interval must be two shares of the steps, 0 ≤ FROM < TO ≤ 1, not ${interval}`)
  return {
    ...(steps !== undefined && { steps: typedNumber('--steps', steps, ofSteps) }),
    ...(sampler && { sampler: sampler as Sampler }),
    ...(guidance !== undefined && {
      guidanceScale: typedNumber('--guidance', guidance, { from: 1, to: maxGuidanceScale }),
    }),
    ...(interval !== undefined && { guidanceInterval: [from!, to!] }),
    ...(refresh !== undefined && { historyRefresh: typedNumber('--history-refresh', refresh, ofSteps) }),
    ...(stepCache !== undefined && { stepCache: typedNumber('--step-cache', stepCache, { from: 0, to: 1 }) }),
  }
}

async function makePictures(folder: string, model: string, outputs: string, options: RunCasesOptions): Promise<void> {
  const began = Date.now()
  const made = await runCases(folder, model, outputs, { ...options, onPictures: progressLine() })
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
