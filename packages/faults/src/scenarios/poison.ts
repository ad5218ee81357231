import type { Scenario } from './scenario.js'

/** Some generations take their worker with them, whoever tries them. */
export const poison: Scenario = {
  name: 'poison',
  what: 'generations of one seed kill their worker each time: they end as worker_lost, and no other does',
  covers: ['F15'],
  faults: 12,
  stack: { workers: 4 },
  mayFail: ['worker_lost'],
  inject: async (world) => {
    const doomed = new Set<string>()
    while (await world.pause(100)) {
      const running = await world.running()
      // two poisoned ones at a time, which stay so until they are given up
      for (const { generationId } of running) if (doomed.size < 3) doomed.add(generationId)
      for (const { generationId, attempt, worker } of running.filter((one) => doomed.has(one.generationId))) {
        worker.signal('SIGKILL')
        await world.fault(`${generationId} kills ${worker.name}`, undefined, [{ generationId, attempt }])
      }
    }
  },
}
