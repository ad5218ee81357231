import type { LineFault } from '../stack/fault-proxy.js'
import type { Service } from '../stack/links.js'
import type { Scenario } from './scenario.js'
import type { World } from './world.js'

/** What a line does for a while, and how long at most: within the limits of docs/reliability.md. */
const faults: readonly { what: string; fault: LineFault }[] = [
  { what: 'cut', fault: { state: 'cut' } },
  { what: 'silent', fault: { state: 'silent' } },
  { what: '500 ms late', fault: { latencyMs: 250 } },
  { what: 'at 16 KB/s', fault: { bytesPerSecond: 16_384 } },
  { what: 'losing 5 % of its answers', fault: { loseAnswers: 0.05 } },
]

const words: Record<Service, string> = { postgres: 'Postgres', queue: 'the queue', store: 'the store' }

/** Breaks the lines to a service in turn, of all processes or of one; each way once before any comes again. */
async function breakLines(world: World, service: Service): Promise<void> {
  const { links, apis, workers } = world.stack
  const shift = world.random.between(0, faults.length + 1)
  let turn = shift
  await world.every(1_500, 4_000, async () => {
    const process = world.random.chance(0.5) ? world.random.pick([...apis, ...workers]).name : undefined
    const whose = process ?? 'everybody'
    const next = turn++ % (faults.length + 2)
    if (next === faults.length) {
      links.reset(service, process)
      return world.fault(`reset the lines of ${whose} to ${words[service]}`)
    }
    if (next === faults.length + 1) {
      links.forget(service, process)
      return world.fault(`forget the lines of ${whose} to ${words[service]}`)
    }
    const { what, fault } = faults[next]!
    await world.fault(`the line of ${whose} to ${words[service]} is ${what}`, async () => {
      links.set(service, fault, process)
      await world.pause(3_000, 10_000)
      links.set(service, {}, process)
    })
  })
}

const ways = 'cut, silent, late, slow, losing answers, reset or forgotten, for one process or all, up to 10 s'

export const queueLines: Scenario = {
  name: 'queue-line',
  what: `the line to the queue: ${ways}`,
  covers: ['F8'],
  weight: 2,
  faults: 7,
  inject: (world) => breakLines(world, 'queue'),
}

export const postgresLines: Scenario = {
  name: 'postgres-line',
  what: `the line to Postgres: ${ways}`,
  covers: ['F9'],
  weight: 2,
  faults: 7,
  inject: (world) => breakLines(world, 'postgres'),
}

export const storeLines: Scenario = {
  name: 'store-line',
  what: `the line to the store: ${ways}`,
  covers: ['F10'],
  weight: 2,
  faults: 7,
  load: { edits: 0.4 },
  missing: ({ store }) => (store === 's3' ? undefined : 'a folder has no line'),
  inject: (world) => breakLines(world, 'store'),
}

/** Connections of clients are reset, cut and held up. */
export const clientLines: Scenario = {
  name: 'client-line',
  what: 'connections of clients, sockets and streams reset every 1 to 5 s, or losing answers',
  covers: ['F14', 'F13'],
  weight: 4,
  faults: 8,
  load: { sessions: 8, repeated: 0.2 },
  inject: (world) =>
    world.every(1_000, 5_000, async () => {
      const front = world.random.pick(world.stack.fronts)
      if (world.random.chance(0.5)) {
        front.reset()
        return world.fault('reset the connections of clients')
      }
      await world.fault('clients lose a fifth of the answers', async () => {
        front.set({ loseAnswers: 0.2 })
        await world.pause(1_000, 4_000)
        front.set({})
      })
    }),
}
