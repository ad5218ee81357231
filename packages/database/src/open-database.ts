import { AtelierError, type OwnerLimits } from '@atelier/contracts'
import { TimeoutError, withTimeout } from '@atelier/service'
import { adminRepository, type AdminRepository } from './admin/admin-repository.js'
import { credentials, type Credentials } from './admin/credentials.js'
import { listen, type Wakeups } from './listen.js'
import { lastSeqs } from './log/event-log.js'
import { checkMigrated } from './migrate/migrations.js'
import { forOwner, type OwnerRepositories } from './owner/for-owner.js'
import { createClient, createPool } from './prisma/create-client.js'
import { deliveryRepository, type DeliveryRepository } from './work/delivery-repository.js'
import { workRepository, type WorkRepository } from './work/work-repository.js'

/** The database: the only place that knows Prisma. */
export interface Database {
  /** Keys and signed-in browsers: who may enter. */
  readonly credentials: Credentials
  forOwner(ownerId: string): OwnerRepositories
  readonly work: WorkRepository
  readonly deliveries: DeliveryRepository
  readonly admin: AdminRepository
  /** Numbers of the newest events of sessions that a caller may see, by session id; those that are gone are missing. */
  lastSeqs(sessionIds: readonly string[]): Promise<Map<string, number>>
  /** Opens one connection that listens. */
  listen(): Promise<Wakeups>
  /** Connections of the pool at this moment, and calls that wait for one. */
  connections(): { busy: number; idle: number; waiting: number }
  /** @throws AtelierError `unavailable` when the database does not answer within 2 s */
  check(): Promise<void>
  close(): Promise<void>
}

const answerMs = 2000
const closeMs = 3000

/**
 * Opens a migrated database.
 *
 * @param options.poolSize - most connections at once besides those of `listen`, default 10
 * @param options.statementMs - longest wait for the answer to a statement, after which the connection is given up and the
 *   call is `unavailable`; default 15 s
 * @param options.ownerLimits - the most that one owner may have; default: no limit
 * @throws MigrationError when `migrate` has not brought it to this version
 * @throws AtelierError `unavailable` when it does not answer
 */
export async function openDatabase({
  url,
  poolSize = 10,
  statementMs,
  ownerLimits,
}: {
  url: string
  poolSize?: number
  statementMs?: number
  ownerLimits?: OwnerLimits
}): Promise<Database> {
  const pool = createPool(url, poolSize, statementMs)
  const client = createClient(pool)
  try {
    await checkMigrated(client)
  } catch (error) {
    await client.$disconnect()
    throw error
  }
  return {
    credentials: credentials(client),
    forOwner: (ownerId) => forOwner(client, ownerId, ownerLimits),
    work: workRepository(client),
    deliveries: deliveryRepository(client),
    admin: adminRepository(client, ownerLimits),
    lastSeqs: (sessionIds) => lastSeqs(client, sessionIds),
    listen: () => listen(url),
    connections: () => ({
      busy: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
    }),
    check: async () => {
      await withTimeout(answerMs, client.$queryRaw`SELECT 1`).catch((cause: unknown) => {
        throw cause instanceof TimeoutError
          ? new AtelierError('unavailable', 'The database does not answer.', undefined, { cause })
          : cause
      })
    },
    // a connection that has gone silent would not say goodbye; it ends with its deadline, or with the process
    close: () => withTimeout(closeMs, client.$disconnect()).catch(() => {}),
  }
}
