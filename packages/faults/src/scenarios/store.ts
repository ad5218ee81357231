import type { Scenario } from './scenario.js'

const onS3: Scenario['missing'] = ({ store }) => (store === 's3' ? undefined : 'a folder answers no requests')

/** The store is overloaded. */
export const storeErrors: Scenario = {
  name: 'store-errors',
  what: 'the store answers 20 to 60 % of the requests with 503, for 3 to 8 s',
  covers: ['F10'],
  faults: 4,
  load: { edits: 0.4 },
  missing: onS3,
  inject: (world) =>
    world.every(1_000, 3_000, async () => {
      const share = world.random.between(20, 60) / 100
      await world.fault(`${share * 100} % of the store's answers are 503`, async () => {
        world.stack.store.fail(share)
        await world.pause(3_000, 8_000)
        world.stack.store.fail(0)
      })
    }),
}

/** The store refuses, as with a key that was taken away: the attempts are bounded. */
export const storeRefuses: Scenario = {
  name: 'store-refuses',
  what: 'the store answers 403 for 3 to 8 s: generations may fail with store_failed, and nothing else',
  covers: ['F10'],
  faults: 2,
  missing: onS3,
  mayFail: ['store_failed'],
  inject: (world) =>
    world.every(2_000, 5_000, () =>
      world.fault('the store refuses', async () => {
        world.stack.store.refuse(403)
        await world.pause(3_000, 8_000)
        world.stack.store.refuse(undefined)
      }),
    ),
}
