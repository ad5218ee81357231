// npm run check:cuda: everything that can only be seen on a machine with a GPU, in one run.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { typedNumber } from '@atelier/service'
import { makeModels } from './check-cuda/make-models.js'
import { MissingError } from './check-cuda/outcome.js'
import { runChecks, type Chosen, type Found } from './check-cuda/run-checks.js'
import { messageOf, typedPath } from './repository.js'

const usage = `Usage: npm run check:cuda [-- OPTIONS]
The whole check on a machine with one NVIDIA GPU: golden cases in fp32, fp16 against fp32 at each of 20 steps and in
runs of the kept sampler, the time of 512-pixel generations without history and with five pictures of it, exact and fast,
random inputs, memory that runs out, where the nodes of a step run, DEVICE=auto. Prints a table, measured beside computed
(npm run bench:model -- --estimate). Exit status 0: all passed; 1: something failed; 2: the check could not be made, with
what is missing.

  --device NAME     cuda (default), or cpu: a rehearsal, in which the targets of speed do not count
  --size NAME       random weights to make and convert: ace-0.6b (default: 12 GB of files, then 10 GB of model folders;
                    long on few cores), ace-dit (the same with one layer of the text encoder, so that all of it fits
                    into ten minutes of a machine with 16 cores), or tiny
  --prepare         only make the model folders in --work; needs no GPU
  --work DIR        make the model folders there, keep them, and use those that are there already (default: a scratch
                    folder that is removed)
  --model DIR --reference DIR
                    converted folders of the same weights, fp16 and fp32, instead of random ones
  --side N          pixels of the pictures' sides (default 512, with tiny weights 128)
  --inputs N        random inputs that must come to numbers (default 1000, on a CPU 12)
  --json FILE       write the table as JSON, too
  --help            show this

On a bare machine: npm ci && npm run build && bash ml/setup.sh, then the CUDA provider:
npm run cuda:install
Without a GPU: npm run check:cuda -- --device cpu --size tiny`

const text = { type: 'string' } as const
const options = {
  device: { ...text, default: 'cuda' },
  size: { ...text, default: 'ace-0.6b' },
  work: text,
  model: text,
  reference: text,
  side: text,
  inputs: text,
  json: text,
  prepare: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** The command line, checked. */
interface Command extends Chosen {
  json: string | undefined
  prepare: boolean
}

const refuse = (problem: string): never => {
  throw new MissingError(`${problem}\n\n${usage}`)
}

function parseOptions() {
  try {
    return parseArgs({ options }).values
  } catch (error) {
    return refuse(messageOf(error))
  }
}

/** @throws MissingError */
function readOptions(values: ReturnType<typeof parseOptions>): Command {
  const { device, size } = values
  if (device !== 'cuda' && device !== 'cpu') return refuse(`--device must be cuda or cpu, not ${device}`)
  if (size !== 'ace-0.6b' && size !== 'ace-dit' && size !== 'tiny')
    return refuse(`--size must be ace-0.6b, ace-dit or tiny, not ${size}`)
  if (values.prepare && !values.work) refuse('--prepare makes the model folders in --work DIR: name one')
  if (!values.model !== !values.reference)
    refuse('--model and --reference go together: an fp16 and an fp32 folder of the same weights')
  const whole = (name: 'side' | 'inputs', usual: number): number => {
    try {
      return typedNumber(`--${name}`, values[name] ?? String(usual), { from: 1, whole: true })
    } catch (error) {
      return refuse(messageOf(error))
    }
  }
  const path = (name: 'work' | 'model' | 'reference' | 'json'): string | undefined =>
    values[name] && typedPath(values[name])
  const json = path('json')
  if (json && !existsSync(dirname(json))) refuse(`--json: there is no folder ${dirname(json)}`)
  return {
    device,
    size,
    work: path('work'),
    model: path('model'),
    reference: path('reference'),
    json,
    prepare: values.prepare,
    side: whole('side', size === 'tiny' ? 128 : 512),
    inputs: whole('inputs', device === 'cpu' ? 12 : 1000),
  }
}

const verdict = (passed: boolean | null): string => (passed === null ? '' : passed ? 'yes' : 'NO')

/** Prints the table; false when something failed. */
async function run(chosen: Command): Promise<boolean> {
  if (chosen.work) mkdirSync(chosen.work, { recursive: true })
  if (chosen.prepare) {
    console.log(Object.values(await makeModels(chosen.size, chosen.work!)).join('\n'))
    return true
  }
  const scratch = mkdtempSync(join(tmpdir(), 'atelier-check-'))
  let found: Found | undefined
  // After each check, so that a machine that is taken away leaves what was found.
  const save = (more: object): void => {
    if (!chosen.json) return
    const passed = Boolean(found?.complete) && found!.rows.every((row) => row.passed !== false)
    writeFileSync(chosen.json, `${JSON.stringify({ ...chosen, ...found, passed, ...more }, null, 2)}\n`)
  }
  try {
    await runChecks(chosen, scratch, (now) => {
      found = now
      save({})
    })
  } catch (error) {
    save({ error: messageOf(error), passed: false })
    throw error
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  const { machine, rows } = found!
  console.log(`\n${machine}\n\n| what | value | computed | target | pass |\n| --- | ---: | ---: | ---: | --- |`)
  for (const { check: what, value, computed = '', target, passed } of rows)
    console.log(`| ${what} | ${value} | ${computed} | ${target} | ${verdict(passed)} |`)
  const failed = rows.filter(({ passed }) => passed === false).length
  console.log(
    `\n${rows.filter(({ passed }) => passed).length} passed, ${failed} failed; a row without a verdict is for information.`,
  )
  return failed === 0
}

try {
  const values = parseOptions()
  if (values.help) console.log(usage)
  else if (!(await run(readOptions(values)))) process.exitCode = 1
} catch (error) {
  console.error(`check:cuda: ${messageOf(error)}`)
  process.exitCode = error instanceof MissingError ? 2 : 1
}
