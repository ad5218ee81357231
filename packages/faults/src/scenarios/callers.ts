import type { Scenario } from './scenario.js'

/** Callers cancel most of what they ask for, at any moment. */
export const cancelStorm: Scenario = {
  name: 'cancel-storm',
  what: 'seven in ten generations are cancelled, at any moment of their life',
  covers: ['F12'],
  weight: 5,
  faults: 0,
  load: { cancelled: 0.7, cancelWithinMs: 3_000, long: 0.4, outstanding: 40 },
  inject: async () => {},
}

/** Equal requests at once, while APIs are killed. */
export const sameKeys: Scenario = {
  name: 'same-key',
  what: 'every turn is sent twenty times at once with one Idempotency-Key, while APIs are killed',
  covers: ['F13'],
  faults: 3,
  load: { repeated: 1, repeats: 20, cancelled: 0 },
  inject: (world) =>
    world.every(2_000, 4_000, async () => {
      const api = world.random.pick(world.stack.apis)
      api.signal('SIGKILL')
      await world.fault(`SIGKILL ${api.name}`)
    }),
}

/** Far more than the workers can do, and more than each owner may have waiting. */
export const overload: Scenario = {
  name: 'overload',
  what: 'owners ask for more than they may have waiting, and are refused with Retry-After until there is room',
  covers: ['F16'],
  faults: 0,
  weight: 5,
  stack: { env: { MAX_WAITING_PER_OWNER: '20' } },
  load: { owners: 8, sessions: 1, outstanding: 100_000, cancelled: 0 },
  inject: async () => {},
}
