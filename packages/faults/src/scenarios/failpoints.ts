import { setTimeout as sleep } from 'node:timers/promises'
import { failpoints, type Failpoint } from '@atelier/service'
import type { ManagedProcess } from '../stack/managed-process.js'
import { actions } from './failpoint-actions.js'
import type { Scenario } from './scenario.js'
import type { World } from './world.js'

/** How long a failpoint may take until a process passes it, in milliseconds. */
const patienceMs = 60_000

/**
 * Starts a process that ends at a failpoint, makes it pass there, and waits until it has ended.
 *
 * @returns whether it did
 */
async function passOne(world: World, name: Failpoint, process: ManagedProcess): Promise<boolean> {
  const before = process.starts
  process.nextEnv = { ATELIER_FAILPOINT: name }
  process.signal('SIGKILL')
  await world.until(() => process.starts > before && process.pid !== undefined, 10_000)
  await world.stack.ready()
  const armed = process.pid
  const until = performance.now() + patienceMs
  while (process.pid === armed && performance.now() < until) {
    await actions[name]?.(world, process)
    for (let look = 0; look < 40 && process.pid === armed; look++) await sleep(50)
  }
  return process.pid !== armed
}

/** Every pair of durable writes, with the process killed in between. */
export const everyFailpoint: Scenario = {
  name: 'failpoints',
  what: `a process ends at each of the ${Object.keys(failpoints).length} places between two durable writes`,
  covers: ['F5'],
  faults: Object.keys(failpoints).length,
  // a webhook's receiver is on this machine
  stack: { env: { WEBHOOK_NETWORKS: '127.0.0.0/8' } },
  load: { outstanding: 6, cancelled: 0.2 },
  inject: async (world) => {
    const names = Object.keys(failpoints) as Failpoint[]
    const missed: string[] = []
    for (const name of names) {
      const kind = failpoints[name].split(':')[0] as 'api' | 'worker'
      const process = (kind === 'api' ? world.stack.apis : world.stack.workers)[0]!
      if (!(await passOne(world, name, process))) missed.push(name)
      await world.fault(`${process.name} ${missed.includes(name) ? 'did not pass' : 'ended at'} ${name}`)
    }
    if (missed.length > 0) throw new Error(`No process passed these failpoints: ${missed.join(', ')}.`)
  },
}
