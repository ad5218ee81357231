import type { Queries } from '../prisma/create-client.js'
import { lost, type Claim } from './claimed.js'

/** One statement, no lock but the row's own: it runs after every step. @throws LostClaimError */
export async function step(client: Queries, claim: Claim, done: number): Promise<{ cancelRequested: boolean }> {
  const rows = await client.$queryRaw<{ cancelRequested: boolean }[]>`
    UPDATE generations SET step = ${done}::int, heartbeat_at = clock_timestamp()
    WHERE id = ${claim.id} AND attempt = ${claim.attempt}::int AND status = 'running'
    RETURNING cancel_requested_at IS NOT NULL AS "cancelRequested"`
  if (!rows[0]) throw lost(claim)
  return rows[0]
}
