import type { Scenario } from './scenario.js'

/** Postgres ends in the middle of transactions and recovers from its log. */
export const postgresRestarts: Scenario = {
  name: 'postgres-restart',
  what: 'Postgres is killed or stopped; it is away for 1 to 8 s',
  covers: ['F9'],
  faults: 4,
  load: { long: 0.2 },
  inject: (world) =>
    world.every(3_000, 6_000, async () => {
      const { postgres } = world.stack
      const kills = world.random.chance(0.5)
      await world.fault(`${kills ? 'SIGKILL' : 'stop'} Postgres`, async () => {
        if (kills) postgres.kill()
        else await postgres.stop()
        await world.pause(1_000, 8_000)
        await postgres.start()
      })
    }),
}
