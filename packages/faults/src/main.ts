// npm run faults: see `--help`.
import { writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { resolve } from 'node:path'
import { typedIn } from '@atelier/service'
import { help, readOptions, UsageError } from './options.js'
import { chart } from './report/chart.js'
import { table } from './report/table.js'
import { runSuite } from './run-suite.js'
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
  const { outcomes, skipped, kept } = await runSuite(options, say)
  console.log(`\n${table(outcomes)}\n`)
  for (const { scenario, backend, reason } of skipped) console.log(`left out: ${scenario} (${backend}): ${reason}`)
  const violations = outcomes.flatMap((outcome) =>
    outcome.violations.map((v) => ({ scenario: outcome.scenario, ...v })),
  )
  if (options.json !== undefined) {
    const report = {
      seed: options.seed,
      date: new Date().toISOString(),
      before,
      after: machine(),
      options,
      outcomes,
      skipped,
    }
    writeFileSync(resolve(typedIn(), options.json), `${JSON.stringify(report, null, 2)}\n`)
  }
  const samples = outcomes.flatMap((outcome) => outcome.samples)
  if (options.chart !== undefined) writeFileSync(resolve(typedIn(), options.chart), chart(samples))
  const jobs = outcomes.reduce((sum, outcome) => sum + outcome.jobs, 0)
  console.log(
    `seed ${options.seed}: ${outcomes.length} scenarios, ${jobs} generations, ${violations.length} violations`,
  )
  if (violations.length === 0) return
  for (const { scenario, invariant, what } of violations.slice(0, 50)) console.log(`${scenario}: ${invariant}: ${what}`)
  console.log(
    `Logs and data were kept in ${kept.join(', ')}. The same faults: npm run faults -- --seed ${options.seed}`,
  )
  process.exitCode = 1
}

for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => void closeAllStacks().finally(() => process.exit(130)))

main().catch((error: unknown) => {
  console.error(error instanceof UsageError ? `${error.message}\n\n${help}` : error)
  process.exitCode = 2
})
