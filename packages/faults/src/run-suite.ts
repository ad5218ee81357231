import { inspect } from 'node:util'
import { fetchRedis } from '@atelier/testing/redis-server'
import type { Options } from './options.js'
import { Random } from './random.js'
import { runScenario, type Outcome } from './run-scenario.js'
import { scenarios } from './scenarios/index.js'
import type { Scenario } from './scenarios/scenario.js'
import { closeAllStacks, startStack, type Stack, type StackOptions } from './stack/stack.js'

/** A scenario that was left out, and why. */
export interface Skipped {
  scenario: string
  backend: string
  reason: string
}

/** What came of a run. */
export interface SuiteResult {
  outcomes: Outcome[]
  skipped: Skipped[]
  /** Scenarios that could not be carried out, and why: a fault of the suite, or a stack that did not come back. */
  broken: Skipped[]
  /** Folders of stacks that were kept because something was wrong. */
  kept: string[]
}

/** One backend's scenarios, on as few stacks as they allow. */
class Backend {
  private stack: Stack | undefined

  constructor(
    private readonly base: StackOptions,
    private readonly options: Options,
    private readonly result: SuiteResult,
    private readonly say: (line: string) => void,
  ) {}

  /** Runs a scenario. One that cannot be carried out is noted, and the next one gets a new stack. */
  async run(scenario: Scenario): Promise<void> {
    try {
      await this.tryRun(scenario)
    } catch (error) {
      const reason = inspect(error)
      this.result.broken.push({ scenario: scenario.name, backend: this.base.backend, reason })
      this.say(`   broken off: ${reason}`)
      await closeAllStacks({ keep: true })
      this.stack = undefined
    }
  }

  async close(): Promise<void> {
    await this.stack?.close()
  }

  private async tryRun(scenario: Scenario): Promise<void> {
    const { seed, jobs } = this.options
    const random = new Random(seed).fork(`${scenario.name} ${this.base.backend}`)
    const own = scenario.stack !== undefined
    const stack = own ? await this.open(random, scenario.stack) : await this.shared()
    const scope = `${scenario.name} (${this.base.backend})`
    this.say(`== ${scope}: ${scenario.what}`)
    const outcome = await runScenario(scenario, stack, {
      jobs: Math.round(jobs * (scenario.weight ?? 1)),
      random,
      minutes: this.options.minutes,
      say: (line) => this.say(`   ${line}`),
    })
    this.result.outcomes.push(outcome)
    for (const { invariant, what } of outcome.violations.slice(0, 20))
      this.say(`   ${invariant} does not hold: ${what}`)
    const keep = outcome.violations.length > 0
    if (keep) this.result.kept.push(stack.folder)
    if (own || keep) await stack.close({ keep })
    if (!own && keep) this.stack = undefined
  }

  private async shared(): Promise<Stack> {
    return (this.stack ??= await this.open(new Random(this.options.seed).fork(this.base.backend)))
  }

  private open(random: Random, changes: Partial<StackOptions> = {}): Promise<Stack> {
    return startStack({ ...this.base, ...changes }, random)
  }
}

/**
 * Runs the scenarios of the options, one after another, on each backend.
 *
 * @param say - gets a line for each thing that happens
 * @param onResult - called after each scenario with everything so far
 * @throws Error when a part that is needed is missing
 */
export async function runSuite(
  options: Options,
  say: (line: string) => void,
  onResult: (result: SuiteResult) => void = () => {},
): Promise<SuiteResult> {
  const result: SuiteResult = { outcomes: [], skipped: [], broken: [], kept: [] }
  const redis = options.backends.includes('redis') ? await fetchRedis() : undefined
  if (typeof redis === 'string') throw new Error(`The queue on Redis needs a Redis server: ${redis}.`)
  for (const backend of options.backends) {
    const base: StackOptions = { backend, store: options.store, ...(redis && { redisServer: redis }) }
    const stacks = new Backend(base, options, result, say)
    try {
      for (const scenario of scenarios.filter(({ name }) => options.scenarios.includes(name))) {
        const reason = scenario.missing?.(base)
        if (reason === undefined) await stacks.run(scenario)
        else {
          result.skipped.push({ scenario: scenario.name, backend, reason })
          say(`== ${scenario.name} (${backend}) is left out: ${reason}`)
        }
        onResult(result)
      }
    } finally {
      await stacks.close()
    }
  }
  return result
}
