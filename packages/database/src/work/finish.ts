import type { PrismaClient } from '../generated/client.js'
import { appendEvents } from '../log/append-events.js'
import { endGeneration, eventBase, type Ending } from '../log/end-generation.js'
import { queuePosition } from '../log/queue-position.js'
import { transaction } from '../prisma/transaction.js'
import type { WorkResult } from '../repositories.js'
import { lockClaim, lost, type Claim } from './claimed.js'

/** Ends a running generation. @throws LostClaimError */
export const finish = (client: PrismaClient, claim: Claim, ending: Ending): Promise<void> =>
  transaction(client, async (tx) => endGeneration(tx, await lockClaim(tx, claim), ending))

/** Ends it with images, or as cancelled when somebody wished that before this transaction. @throws LostClaimError */
export const succeed = (client: PrismaClient, claim: Claim, result: WorkResult): Promise<'succeeded' | 'cancelled'> =>
  transaction(client, async (tx) => {
    const generation = await lockClaim(tx, claim)
    const ending: Ending = generation.cancelRequestedAt ? { status: 'cancelled' } : { status: 'succeeded', ...result }
    await endGeneration(tx, generation, ending)
    return ending.status as 'succeeded' | 'cancelled'
  })

/** Puts it back for another worker; a wished cancellation ends it instead. @throws LostClaimError */
export const release = (client: PrismaClient, claim: Claim): Promise<void> =>
  transaction(client, async (tx) => {
    const generation = await lockClaim(tx, claim)
    if (generation.cancelRequestedAt) return endGeneration(tx, generation, { status: 'cancelled' })
    const changed = await tx.$executeRaw`
    UPDATE generations
    SET status = 'queued', step = 0, worker_id = NULL, started_at = NULL, heartbeat_at = NULL, queued_at = now()
    WHERE id = ${claim.id} AND attempt = ${claim.attempt}::int AND status = 'running'`
    if (changed !== 1) throw lost(claim)
    const position = await queuePosition(tx, [claim.id])
    await appendEvents(tx, generation.sessionId, [
      { type: 'generation-queued', payload: { ...eventBase(generation), position, attempt: claim.attempt } },
    ])
  })
