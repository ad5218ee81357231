import type { Scenario } from './scenario.js'

const onRedis: Scenario['missing'] = ({ backend }) =>
  backend === 'redis' ? undefined : 'the queue is in Postgres, and has no server of its own'

/** Redis is killed and comes back from its append-only file. */
export const redisKills: Scenario = {
  name: 'redis-kill',
  what: 'SIGKILL to Redis; it is away for 1 to 8 s',
  covers: ['F6'],
  faults: 4,
  load: { long: 0.2 },
  missing: onRedis,
  inject: (world) =>
    world.every(3_000, 6_000, () =>
      world.fault('SIGKILL Redis', async () => {
        await world.stack.redis!.kill()
        await world.pause(1_000, 8_000)
        await world.stack.redis!.start()
      }),
    ),
}

/** The queue forgets everything while many generations wait and some run. */
export const queueLoss: Scenario = {
  name: 'queue-loss',
  what: 'FLUSHALL, or the tables of the queue emptied, while hundreds wait and every worker is busy',
  covers: ['F7'],
  weight: 5,
  faults: 2,
  load: { outstanding: 300, long: 0.3, longSteps: 300 },
  inject: (world) =>
    world.every(1_000, 3_000, async () => {
      const { redis, postgres } = world.stack
      await world.until(() => world.drive.asked - world.drive.ended > 250 || world.signal.aborted, 60_000)
      const running = await world.running()
      if (redis) await redis.command('FLUSHALL')
      else await postgres.query('TRUNCATE atelier_queue.job CASCADE')
      const torn = running.map(({ generationId, attempt }) => ({ generationId, attempt }))
      await world.fault(redis ? 'FLUSHALL' : 'TRUNCATE the jobs', undefined, torn)
    }),
}

/** Redis has no memory left and refuses to write, locks and ends of jobs included. */
export const redisFull: Scenario = {
  name: 'redis-full',
  what: 'Redis at maxmemory for 5 to 20 s, longer than a lock holds',
  covers: ['F17'],
  faults: 3,
  load: { long: 0.3 },
  missing: onRedis,
  inject: (world) =>
    world.every(2_000, 5_000, () =>
      world.fault('Redis at maxmemory', async () => {
        await world.stack.redis!.command('CONFIG', 'SET', 'maxmemory', '1')
        await world.pause(5_000, 20_000)
        await world.stack.redis!.command('CONFIG', 'SET', 'maxmemory', '0')
      }),
    ),
}
