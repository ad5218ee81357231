import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check } from '../check/invariants.js'
import { readState } from '../check/read-state.js'
import { backUp } from '../stack/backup.js'
import { startStack } from '../stack/stack.js'
import type { Scenario } from './scenario.js'
import type { World } from './world.js'

/** Starts a stack from a backup, lets it finish what was queued, and looks for what is wrong. */
async function checkRestored(world: World, backup: Awaited<ReturnType<typeof backUp>>, known: number): Promise<void> {
  const { drive, stack, random } = world
  const acknowledged = drive.log.acknowledged.slice(0, known)
  const { backend, store, redisServer } = stack.options
  const options = { backend, store, ...(redisServer && { redisServer }), backup, apis: 1, workers: 1 }
  const restored = await startStack(options, random.fork('restored'))
  try {
    await world.until(async () => {
      const [row] = await restored.postgres.query<{ open: number }>(
        `SELECT count(*)::int AS open FROM generations WHERE status IN ('queued', 'running')`,
      )
      const { waiting, active, delayed } = await restored.queue.counts()
      return row!.open + waiting + active + delayed === 0
    }, 180_000)
    const state = await readState(restored, drive.owners)
    const log = { hearings: [], acknowledged, made: [], foreignReads: [], givenUp: [] }
    world.violations.push(
      ...check({ state, log }).map(({ invariant, what }) => ({ invariant, what: `${what} (in what was restored)` })),
    )
    world.say(`restored ${state.generations.length} generations, ${state.images.length} images; all have ended`)
  } finally {
    await restored.close()
  }
}

/** A backup under load, restored elsewhere: nothing that was acknowledged before it is missing, and what waited runs. */
export const backups: Scenario = {
  name: 'backup',
  what: 'database and objects are copied while generations run, and restored into another stack, which must finish them',
  covers: ['backup'],
  faults: 1,
  load: { outstanding: 40, long: 0.3 },
  inject: async (world) => {
    await world.until(() => world.drive.ended > 20 || world.signal.aborted, 120_000)
    const folder = mkdtempSync(join(tmpdir(), 'atelier-faults-backup-'))
    try {
      const known = world.drive.log.acknowledged.length
      const backup = await backUp(world.stack, folder)
      await world.fault(`backup of ${backup.objects.size} objects`)
      await checkRestored(world, backup, known)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}
