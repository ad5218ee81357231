import { parseArgs } from 'node:util'
import { typedNumber } from '@atelier/service'
import { scenarios } from './scenarios/index.js'

/** The command line is wrong; the message says what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What a run does. */
export interface Options {
  /** Names, in the order of the list. */
  scenarios: string[]
  /** Generations of a scenario at least; one with a weight has more. */
  jobs: number
  seed: number
  backends: ('redis' | 'postgres')[]
  store: 's3' | 'folder'
  /** File for the results. */
  json?: string
  /** How long `soak` lasts. */
  minutes: number
  /** File for the chart of `soak`. */
  chart?: string
  help: boolean
}

export const help = `Usage: npm run faults -- [options]

Starts Atelier as processes of their own, with Postgres, Redis and an S3 server behind proxies, lets several owners use it,
breaks it on purpose, and then compares database, objects, queue and what the clients heard with nine invariants
(docs/reliability.md). Ends with exit code 1 when one does not hold.

  --scenario NAME     one of those below; may be given more than once; default: all but soak
  --jobs N            generations of each scenario at least, default 200; some have several times as many
  --seed S            a whole number that decides times and kinds of faults, printed by every run; default: a random one
  --backend B         redis or postgres, for the queue; default: redis, then postgres
  --store S           s3 (default) or folder
  --json FILE         also writes everything that was found to a file
  --minutes N         how long soak lasts, default 60
  --chart FILE        where soak draws its chart (SVG)
  --help              this text

Scenarios:
${scenarios.map(({ name, what, covers }) => `  ${name.padEnd(19)} ${what} (${covers.join(', ')})`).join('\n')}`

function wholeNumber(name: string, text: string, from: number): number {
  try {
    return typedNumber(`--${name}`, text, { from, whole: true })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function oneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  if (!allowed.includes(text as T)) throw new UsageError(`--${name} is ${allowed.join(' or ')}, not ${text}.`)
  return text as T
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        scenario: { type: 'string', multiple: true },
        jobs: { type: 'string', default: '200' },
        seed: { type: 'string' },
        backend: { type: 'string', multiple: true },
        store: { type: 'string', default: 's3' },
        json: { type: 'string' },
        minutes: { type: 'string', default: '60' },
        chart: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** Reads the command line. @throws UsageError */
export function readOptions(args: readonly string[]): Options {
  const values = parsed(args)
  const names = scenarios.map(({ name }) => name)
  const wanted = values.scenario?.map((name) => oneOf('scenario', name, names))
  const { json, chart } = values
  return {
    scenarios: names.filter((name) => (wanted ? wanted.includes(name) : name !== 'soak')),
    jobs: wholeNumber('jobs', values.jobs, 1),
    seed: values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : wholeNumber('seed', values.seed, 0),
    backends: (values.backend ?? ['redis', 'postgres']).map((name) => oneOf('backend', name, ['redis', 'postgres'])),
    store: oneOf('store', values.store, ['s3', 'folder']),
    minutes: wholeNumber('minutes', values.minutes, 1),
    ...(json !== undefined && { json }),
    ...(chart !== undefined && { chart }),
    help: values.help,
  }
}
