import { setTimeout as sleep } from 'node:timers/promises'
import type { Scenario } from './scenario.js'

/** SIGKILL to workers in the middle of a generation. */
export const workerKills: Scenario = {
  name: 'worker-kill',
  what: 'SIGKILL to a worker that is busy, every 1 to 3 s',
  covers: ['F1'],
  weight: 2,
  faults: 8,
  load: { long: 0.3 },
  inject: (world) =>
    world.every(1_000, 3_000, async () => {
      const { worker, torn } = await world.busyWorker()
      await world.fault(`SIGKILL ${worker.name}`, undefined, worker.signal('SIGKILL') === undefined ? [] : torn)
    }),
}

/** SIGKILL to APIs while they take turns and stream events. */
export const apiKills: Scenario = {
  name: 'api-kill',
  what: 'SIGKILL to an API, every 2 to 5 s, under open sockets and streams',
  covers: ['F14'],
  faults: 5,
  load: { repeated: 0.3 },
  inject: (world) =>
    world.every(2_000, 5_000, async () => {
      const api = world.random.pick(world.stack.apis)
      api.signal('SIGKILL')
      await world.fault(`SIGKILL ${api.name}`)
    }),
}

/** SIGTERM to everything in turn, as an update does it. */
export const rollingRestart: Scenario = {
  name: 'rolling-restart',
  what: 'SIGTERM to every process in turn; each is started again and waited for',
  covers: ['F4'],
  faults: 5,
  load: { long: 0.3 },
  inject: async (world) => {
    const { apis, workers } = world.stack
    for (let turn = 0; await world.pause(1_000, 2_000); turn++) {
      const process = [...apis, ...workers][turn % (apis.length + workers.length)]!
      await world.fault(`SIGTERM ${process.name}`, async () => {
        const ended = process.ended()
        process.signal('SIGTERM')
        await ended
        await sleep(500)
        await world.stack.ready()
      })
    }
  },
}
