import { AtelierError } from '@atelier/contracts'
import { TimeoutError, withTimeout } from '@atelier/service'
import { adminKeys } from './admin/keys.js'
import { authenticate } from './admin/authenticate.js'
import { oversight } from './admin/oversight.js'
import { listen } from './listen.js'
import { checkMigrated } from './migrate/check-migrated.js'
import { forOwner } from './owner/for-owner.js'
import { createClient } from './prisma/create-client.js'
import type { Database } from './repositories.js'
import { workRepository } from './work/work-repository.js'

const answerMs = 2000

/**
 * Opens a migrated database.
 *
 * @param options.poolSize - most connections at once besides those of `listen`, default 10
 * @throws MigrationError when `migrate` has not brought it to this version
 * @throws AtelierError `unavailable` when it does not answer
 */
export async function openDatabase({ url, poolSize = 10 }: { url: string; poolSize?: number }): Promise<Database> {
  const client = createClient(url, poolSize)
  try {
    await checkMigrated(client)
  } catch (error) {
    await client.$disconnect()
    throw error
  }
  return {
    authenticate: (token) => authenticate(client, token),
    forOwner: (ownerId) => forOwner(client, ownerId),
    work: workRepository(client),
    admin: { ...adminKeys(client), ...oversight(client) },
    listen: () => listen(url),
    check: async () => {
      await withTimeout(answerMs, client.$queryRaw`SELECT 1`).catch((cause: unknown) => {
        throw cause instanceof TimeoutError
          ? new AtelierError('unavailable', 'The database does not answer.', undefined, { cause })
          : cause
      })
    },
    close: () => client.$disconnect(),
  }
}
