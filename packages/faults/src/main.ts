// npm run faults: see `--help`.
import { writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { resolve } from 'node:path'
import { typedIn } from '@atelier/service'
import { help, readOptions, UsageError } from './options.js'
import { chart } from './report/chart.js'
import { table } from './report/table.js'
import { runSuite, type SuiteResult } from './run-suite.js'
import { closeAllStacks } from './stack/stack.js'

const say = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`)

/** What the machine is and how busy, for whoever reads the results. */
function machine(): string {
  const load = loadavg().map((value) => value.toFixed(1))
  return `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, load ${load.join(' ')}`
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (options.help) return console.log(help)
  const before = machine()
  say(`seed ${options.seed} · ${before}`)
  const write = (result: SuiteResult) => {
    if (options.json === undefined) return
    const report = { seed: options.seed, date: new Date().toISOString(), before, after: machine(), options, ...result }
    writeFileSync(resolve(typedIn(), options.json), `${JSON.stringify(report, null, 2)}\n`)
  }
  // after each scenario, so that a run that is cut short leaves what it has found
  const { outcomes, skipped, broken, kept } = await runSuite(options, say, write)
  const samples = outcomes.flatMap((outcome) => outcome.samples)
  if (options.chart !== undefined) writeFileSync(resolve(typedIn(), options.chart), chart(samples))

  console.log(`\n${table(outcomes)}\n`)
  for (const { scenario, backend, reason } of skipped) console.log(`left out: ${scenario} (${backend}): ${reason}`)
  for (const { scenario, backend, reason } of broken) console.log(`broken off: ${scenario} (${backend}): ${reason}`)
  const violations = outcomes.flatMap(({ scenario, violations: all }) => all.map((one) => ({ scenario, ...one })))
  for (const { scenario, invariant, what } of violations.slice(0, 50)) console.log(`${scenario}: ${invariant}: ${what}`)
  const jobs = outcomes.reduce((sum, outcome) => sum + outcome.jobs, 0)
  console.log(
    `seed ${options.seed}: ${outcomes.length} scenarios, ${jobs} generations, ${violations.length} violations`,
  )
  if (violations.length === 0 && broken.length === 0) return
  if (kept.length > 0) console.log(`Logs and data were kept in ${kept.join(', ')}.`)
  console.log(`The same faults again: npm run faults -- --seed ${options.seed}`)
  process.exitCode = 1
}

for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => void closeAllStacks().finally(() => process.exit(130)))

main().catch((error: unknown) => {
  console.error(error instanceof UsageError ? `${error.message}\n\n${help}` : error)
  process.exitCode = 2
})
