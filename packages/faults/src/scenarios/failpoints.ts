import { failpoints, type Failpoint } from '@atelier/service'
import type { ManagedProcess } from '../stack/managed-process.js'
import { actions } from './failpoint-actions.js'
import type { Scenario } from './scenario.js'
import type { World } from './world.js'

/** How long a failpoint may take until a process passes it, in milliseconds. */
const patienceMs = 120_000

/**
 * Starts a process that ends at a failpoint, makes it pass there, and waits until it has ended.
 *
 * @returns whether it did
 */
async function passOne(world: World, name: Failpoint, process: ManagedProcess): Promise<boolean> {
  const { starts } = process
  process.nextEnv = { ATELIER_FAILPOINT: name }
  process.signal('SIGKILL')
  await world.until(() => process.starts > starts, 10_000)
  const ended = () => process.starts > starts + 1 || process.pid === undefined
  const until = performance.now() + patienceMs
  while (!ended() && performance.now() < until) {
    await world.stack.ready().catch(() => {})
    if (!ended()) await actions[name]?.(world, process)
    await world.until(ended, 2_000)
  }
  return process.hasPrinted(`failpoint ${name}`)
}

/** Every pair of durable writes, with the process killed in between. */
export const everyFailpoint: Scenario = {
  name: 'failpoints',
  what: `a process ends at each of the ${Object.keys(failpoints).length} places between two durable writes`,
  covers: ['F5'],
  faults: Object.keys(failpoints).length,
  // a webhook's receiver is on this machine
  stack: { env: { WEBHOOK_NETWORKS: '127.0.0.0/8' } },
  load: { outstanding: 8, cancelled: 0.2, long: 0.4, longSteps: 300 },
  inject: async (world) => {
    const names = Object.keys(failpoints) as Failpoint[]
    const missed: string[] = []
    for (const name of names) {
      const kind = failpoints[name].split(':')[0] as 'api' | 'worker'
      const process = (kind === 'api' ? world.stack.apis : world.stack.workers)[0]!
      const passed = await passOne(world, name, process)
      if (!passed) missed.push(name)
      await world.fault(`${process.name} ${passed ? 'ended at' : 'did not pass'} ${name}`)
    }
    for (const name of missed) world.violations.push({ invariant: 'suite', what: `no process passed ${name}` })
  },
}
