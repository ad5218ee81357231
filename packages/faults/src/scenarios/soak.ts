import { setTimeout as sleep } from 'node:timers/promises'
import { takeSample } from '../stack/sampler.js'
import type { Scenario } from './scenario.js'
import type { World } from './world.js'

/** How often it is looked at what everything takes, in milliseconds. */
const everyMs = 10_000

/** One fault of many kinds. The first API and the first two workers live through all of them, so that leaks can be seen. */
async function anyFault(world: World): Promise<void> {
  const { stack, random } = world
  const faults: (() => Promise<void>)[] = [
    async () => {
      const victim = random.pick([stack.workers.at(-1)!, stack.apis.at(-1)!])
      victim.signal('SIGKILL')
      await world.fault(`SIGKILL ${victim.name}`)
    },
    async () => {
      const service = random.pick(['postgres', 'queue', 'store'] as const)
      const process = random.pick([...stack.apis, ...stack.workers]).name
      stack.links.reset(service, process)
      await world.fault(`reset the lines of ${process} to ${service}`)
    },
    async () => {
      const service = random.pick(['postgres', 'queue', 'store'] as const)
      const state = random.pick(['cut', 'silent'] as const)
      await world.fault(`the lines of everybody to ${service} are ${state}`, async () => {
        stack.links.set(service, { state })
        await world.pause(2_000, 8_000)
        stack.links.set(service, {})
      })
    },
    async () => {
      if (stack.workers[0]!.signalChild('SIGKILL') === undefined) return
      await world.fault('SIGKILL the model of worker-1')
    },
    async () => {
      random.pick(stack.fronts).reset()
      await world.fault('reset the connections of clients')
    },
  ]
  await random.pick(faults)()
}

/** A long time under steady load: what grows? */
export const soak: Scenario = {
  name: 'soak',
  what: 'steady load and a random fault every 10 to 30 s, for --minutes; measures memory, handles, connections and disk',
  covers: ['F1', 'F8', 'F9', 'F10', 'F14'],
  timed: true,
  load: { outstanding: 4, cancelled: 0.1 },
  missing: () => (process.platform === 'linux' ? undefined : 'it reads /proc, which only Linux has'),
  inject: async (world) => {
    const began = performance.now()
    const seconds = () => (performance.now() - began) / 1000
    const ending = new AbortController()
    const sampling = async () => {
      while (!ending.signal.aborted) {
        const sample = await takeSample(world.stack, world.stack.temporary).catch(() => undefined)
        if (sample) world.samples.push({ seconds: Math.round(seconds()), ended: world.drive.ended, ...sample })
        await sleep(everyMs, undefined, { signal: ending.signal }).catch(() => {})
      }
    }
    const sampled = sampling()
    while (seconds() < world.minutes * 60 && (await world.pause(10_000, 30_000))) await anyFault(world)
    ending.abort()
    await sampled
  },
}
