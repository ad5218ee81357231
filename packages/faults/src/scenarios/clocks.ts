import { fileURLToPath } from 'node:url'
import type { Scenario } from './scenario.js'

const shifted = (ms: number) => ({
  NODE_OPTIONS: `--import=${fileURLToPath(new URL(`../stack/shift-clock.js`, import.meta.url))}?ms=${ms}`,
})

/** Machines whose clocks are wrong, and workers that are killed meanwhile. */
export const clocks: Scenario = {
  name: 'clocks',
  what: 'one worker is an hour ahead, one an hour behind, an API ten minutes ahead; workers are killed',
  covers: ['F17'],
  faults: 4,
  stack: {
    envs: { 'worker-1': shifted(3_600_000), 'worker-2': shifted(-3_600_000), 'api-2': shifted(600_000) },
  },
  load: { long: 0.3 },
  inject: (world) =>
    world.every(2_000, 5_000, async () => {
      const { worker, torn } = await world.busyWorker()
      await world.fault(`SIGKILL ${worker.name}`, undefined, worker.signal('SIGKILL') === undefined ? [] : torn)
    }),
}
