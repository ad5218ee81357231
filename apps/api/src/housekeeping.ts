import type { Outdated } from '@atelier/database'
import type { ApiSettings } from '@atelier/service'
import type { ApiContext } from './api-context.js'
import { deleteOwned } from './delete-owned.js'
import { collectOrphans } from './images/collect-orphans.js'

type Housekeeping = ApiSettings['housekeeping']
type Deps = Pick<ApiContext, 'database' | 'objects' | 'logger'>

/** Name of the task that one of all processes does. */
export const housekeepingTask = 'housekeeping'

/** How often a process looks whether it is time, and how often it is, in seconds. */
const lookSeconds = 600
const everySeconds = 24 * 3600
/** Younger files are left alone: their rows may be about to be written. */
const orphanSeconds = 3600
const batch = 100
/** Most that one round deletes of each kind, so that it ends; the next one goes on. */
const mostBatches = 100

/** What one round found, and with `mode: 'delete'` deleted. */
export interface HousekeepingReport {
  sessions: number
  uploads: number
  /** Files that no row names, and their bytes. */
  orphans: number
  orphanBytes: number
}

/** Deletes what `find` finds, a batch at a time, until `stop`; what cannot be deleted stays, and ends the round. */
async function deleteAll(
  deps: Deps,
  find: () => Promise<Outdated[]>,
  remove: (one: Outdated) => Promise<{ objectKeys: string[] } | null>,
  stop: AbortSignal | undefined,
): Promise<number> {
  let deleted = 0
  for (let round = 0; round < mostBatches; round++) {
    const before = deleted
    const found = await find()
    for (const one of found) {
      if (stop?.aborted) return deleted
      try {
        await deleteOwned(deps, remove(one))
        deleted += 1
      } catch (error) {
        // in use again meanwhile, or gone
        deps.logger.info({ err: error, ...one }, 'kept although it is old')
      }
    }
    if (found.length < batch || deleted === before) break
  }
  return deleted
}

/**
 * One round: sessions that nobody has changed for `retentionDays`, uploads that old which no turn uses, and files that no row
 * names. With `mode: 'report'` it only counts them, at most {@link batch} sessions and uploads.
 *
 * @param stop - ends the round early
 */
export async function keepHouse(
  deps: Deps,
  { mode, retentionDays: days }: Housekeeping,
  stop?: AbortSignal,
): Promise<HousekeepingReport> {
  const { admin } = deps.database
  const sessions = () => (days ? admin.outdatedSessions({ days, limit: batch }) : Promise.resolve([]))
  const uploads = () => (days ? admin.outdatedUploads({ days, limit: batch }) : Promise.resolve([]))
  const dryRun = mode !== 'delete'
  const [oldSessions, oldUploads] = dryRun
    ? [(await sessions()).length, (await uploads()).length]
    : [
        await deleteAll(
          deps,
          sessions,
          ({ ownerId, id }) => deps.database.forOwner(ownerId).sessions.delete(id, { unchangedForDays: days }),
          stop,
        ),
        await deleteAll(
          deps,
          uploads,
          ({ ownerId, id }) => deps.database.forOwner(ownerId).images.delete(id, { unsentForDays: days }),
          stop,
        ),
      ]
  const { orphans, bytes } = await collectOrphans(deps, { dryRun, olderThanSeconds: orphanSeconds, stop })
  return { sessions: oldSessions, uploads: oldUploads, orphans, orphanBytes: bytes }
}

/**
 * Keeps house once a day, in one of all API processes, until the returned function is called, which ends a round early: another
 * process begins it again. Every round is logged; one that fails is tried again the next day.
 */
export function startHousekeeping(deps: Deps, housekeeping: Housekeeping | undefined): () => Promise<void> {
  if (!housekeeping || housekeeping.mode === 'off') return async () => {}
  const { database, logger } = deps
  const stop = new AbortController()
  const look = async () => {
    try {
      if (stop.signal.aborted || !(await database.admin.beginTask(housekeepingTask, everySeconds))) return
      const report = await keepHouse(deps, housekeeping, stop.signal)
      if (stop.signal.aborted) await database.admin.giveTaskBack(housekeepingTask)
      const said = housekeeping.mode === 'delete' ? 'deleted what is old' : 'HOUSEKEEPING=delete would delete this'
      if (Object.values(report).some(Boolean)) logger.info(report, said)
    } catch (error) {
      logger.warn({ err: error }, 'housekeeping failed')
    }
  }
  let running = Promise.resolve()
  const timer = setInterval(() => {
    running = running.then(look)
  }, lookSeconds * 1000)
  timer.unref()
  return async () => {
    clearInterval(timer)
    stop.abort()
    await running
  }
}
