import type { Scenario } from './scenario.js'

/** SIGSTOP to a busy worker until others have its generation, then SIGCONT: everything it writes must be refused. */
export const workerStops: Scenario = {
  name: 'worker-stop',
  what: 'SIGSTOP to a busy worker for 12 to 35 s (up to three locks), then SIGCONT',
  covers: ['F2', 'F3'],
  faults: 3,
  load: { long: 0.4, longSteps: 300 },
  inject: (world) =>
    world.every(500, 2_000, async () => {
      const { worker, torn } = await world.busyWorker()
      if (worker.signal('SIGSTOP') === undefined) return
      await world.fault(`SIGSTOP ${worker.name}`, () => world.pause(12_000, 35_000), torn)
      worker.signal('SIGCONT')
    }),
}
