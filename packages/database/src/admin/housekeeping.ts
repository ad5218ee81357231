import type { PrismaClient } from '../generated/client.js'
import { unsentFor } from '../owner/image-repository.js'
import { unchangedFor } from '../owner/session-repository.js'

/** Something of an owner's that has had its time. */
export interface Outdated {
  id: string
  ownerId: string
}

/** What keeps the database small: tasks that one process does for all, and what has had its time. */
export interface HousekeepingRepository {
  /**
   * Begins a task unless it was begun within the time, by whichever process.
   *
   * @returns whether it is the caller's to do
   */
  beginTask(name: string, everySeconds: number): Promise<boolean>
  /** Gives a task back that could not be ended, so that another process begins it. */
  giveTaskBack(name: string): Promise<void>
  /** Sessions without a change for so long and without a generation that waits or runs, but for those on hold, oldest change first. */
  outdatedSessions(query: { days: number; limit: number }): Promise<Outdated[]>
  /** Uploads and masks that nobody has sent for so long and that no turn uses, oldest first. */
  outdatedUploads(query: { days: number; limit: number }): Promise<Outdated[]>
}

/** See {@link HousekeepingRepository}. */
export const housekeepingRepository = (client: PrismaClient): HousekeepingRepository => ({
  beginTask: async (name, everySeconds) => {
    const begun = await client.$executeRaw`
      INSERT INTO tasks (name, began_at) VALUES (${name}, now())
      ON CONFLICT (name) DO UPDATE SET began_at = now()
        WHERE tasks.began_at < now() - make_interval(secs => ${everySeconds}::float8)`
    return begun === 1
  },
  giveTaskBack: async (name) => {
    await client.$executeRaw`DELETE FROM tasks WHERE name = ${name}`
  },
  outdatedSessions: ({ days, limit }) => client.$queryRaw`
    SELECT id, owner_id AS "ownerId" FROM sessions WHERE ${unchangedFor(days)} AND held_at IS NULL
    ORDER BY updated_at LIMIT ${limit}::int`,
  outdatedUploads: ({ days, limit }) => client.$queryRaw`
    SELECT id, owner_id AS "ownerId" FROM images i
    WHERE kind <> 'generated' AND ${unsentFor(days)}
      AND NOT EXISTS (SELECT 1 FROM turn_images WHERE image_id = i.id)
      AND NOT EXISTS (SELECT 1 FROM turn_images WHERE mask_id = i.id)
    ORDER BY COALESCE(sent_at, created_at) LIMIT ${limit}::int`,
})
