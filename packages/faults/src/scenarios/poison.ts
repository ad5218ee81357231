import type { Scenario } from './scenario.js'

/** How many generations are poisoned, and after how many losses of their worker they are given up. */
const poisoned = 3
const losses = 5

/** Some generations take their worker with them, whoever tries them. */
export const poison: Scenario = {
  name: 'poison',
  what: `${poisoned} generations kill their worker each time: they end as worker_lost after ${losses}, and no other does`,
  covers: ['F15'],
  faults: poisoned * losses,
  stack: { workers: 4 },
  mayFail: ['worker_lost'],
  inject: async (world) => {
    const doomed = new Set<string>()
    // a worker that was just killed still looks as if it ran
    const killed = new Set<string>()
    while (await world.pause(100)) {
      for (const { generationId, attempt, worker } of await world.running()) {
        if (doomed.size < poisoned) doomed.add(generationId)
        const start = `${generationId} ${attempt}`
        if (!doomed.has(generationId) || killed.has(start)) continue
        killed.add(start)
        worker.signal('SIGKILL')
        await world.fault(`${generationId} kills ${worker.name}`, undefined, [{ generationId, attempt }])
      }
    }
    const rows = async () =>
      world.stack.postgres.query<{ id: string; status: string; code: string | null }>(
        `SELECT id, status, error->>'code' AS code FROM generations WHERE id = ANY($1)`,
        [[...doomed]],
      )
    await world.until(async () => (await rows()).every(({ status }) => status === 'failed'), 60_000)
    for (const { id, status, code } of await rows())
      if (code !== 'worker_lost')
        world.violations.push({ invariant: 'suite', what: `${id} killed ${losses} workers and is ${status}` })
  },
}
