import { check, type Violation } from './check/invariants.js'
import { readState } from './check/read-state.js'
import type { State } from './check/state.js'
import { Drive } from './drive/drive.js'
import { usualLoad } from './drive/owner.js'
import { cancellations, recoveries, rePickups, spread, type Spread } from './measure.js'
import type { Random } from './random.js'
import type { Scenario } from './scenarios/scenario.js'
import { World, type Fault } from './scenarios/world.js'
import type { Sample } from './stack/sampler.js'
import type { Stack } from './stack/stack.js'

/** What came of a scenario. */
export interface Outcome {
  scenario: string
  backend: 'redis' | 'postgres'
  store: 's3' | 'folder'
  /** Generations that were acknowledged. */
  jobs: number
  succeeded: number
  cancelled: number
  /** Those that the scenario allows included. */
  failed: number
  faults: number
  lost: number
  doubled: number
  leaked: number
  outOfOrder: number
  /** Objects without a row that the product's own sweep removed. */
  swept: number
  rePickup: Spread
  recovery: Spread
  cancel: Spread
  /** Attempts of clients that failed and were repeated, and requests that were given up. */
  clientErrors: number
  givenUp: number
  seconds: number
  violations: Violation[]
  faultList: Fault[]
  /** What a soak measured; empty otherwise. */
  samples: Sample[]
}

/** Failures that the scenario does not allow count as violations of I1: the caller was promised a picture. */
function failures(state: State, mayFail: readonly string[]): Violation[] {
  return state.generations
    .filter(({ status, errorCode }) => status === 'failed' && !mayFail.includes(errorCode ?? ''))
    .map(({ id, errorCode, attempt }) => ({ invariant: 'I1', what: `${id} failed: ${errorCode}, attempt ${attempt}` }))
}

const startingWith = (violations: readonly Violation[], ...words: string[]) =>
  violations.filter(({ what }) => words.some((word) => what.startsWith(`${word}:`))).length

/** Runs a scenario on a stack that is ready, and checks everything afterwards. @param jobs - generations at least */
export async function runScenario(
  scenario: Scenario,
  stack: Stack,
  { jobs, random, minutes, say }: { jobs: number; random: Random; minutes: number; say: (line: string) => void },
): Promise<Outcome> {
  const began = performance.now()
  const drive = await Drive.open(stack, { ...usualLoad, ...scenario.load }, random.fork('drive'))
  const ending = new AbortController()
  const world = new World(stack, drive, random.fork('faults'), ending.signal, say, minutes)
  try {
    const injecting = scenario.inject(world)
    let injected = false
    void injecting.catch(() => ending.abort()).finally(() => (injected = true))
    const enough = scenario.faults ?? 3
    await drive.run(scenario.timed ? 0 : jobs, () => injected || (!scenario.timed && world.faults.length >= enough))
    ending.abort()
    await injecting
    say(`${drive.asked} generations asked for, ${world.faults.length} faults; waiting for the end of all`)
    stack.mend()
    await stack.ready()
    await drive.quiet()
  } finally {
    ending.abort()
    drive.close()
  }
  const state = await readState(
    stack,
    drive.owners.map(({ ownerId, token }) => ({ ownerId, token })),
  )
  const { log } = drive
  const { mayFail = [] } = scenario
  const violations = [...check({ state, log }), ...failures(state, mayFail), ...world.violations]
  const withStatus = (wanted: string) => state.generations.filter(({ status }) => status === wanted).length
  return {
    scenario: scenario.name,
    backend: stack.options.backend,
    store: stack.options.store,
    jobs: drive.asked,
    succeeded: withStatus('succeeded'),
    cancelled: withStatus('cancelled'),
    failed: withStatus('failed'),
    faults: world.faults.length,
    lost: startingWith(violations, 'lost'),
    doubled: startingWith(violations, 'doubled'),
    leaked: startingWith(violations, 'leaked'),
    outOfOrder: startingWith(violations, 'gap', 'out of order'),
    swept: state.swept,
    rePickup: spread(rePickups(state, world.faults)),
    recovery: spread(recoveries(state, world.faults)),
    cancel: spread(cancellations(state, log)),
    clientErrors: log.errorCount,
    givenUp: log.givenUp.length,
    seconds: Math.round((performance.now() - began) / 1000),
    violations,
    faultList: world.faults,
    samples: world.samples,
  }
}
