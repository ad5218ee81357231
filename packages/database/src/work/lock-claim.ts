import { LostClaimError } from '../log/end-generation.js'
import { lockGeneration } from '../log/lock-session.js'
import type { LockedGeneration } from '../prisma/rows.js'
import type { Statements } from '../prisma/statements.js'

/** What a worker holds: a generation and the number of its start. */
export interface Claim {
  id: string
  attempt: number
}

/** Locks the session of a claim and reads the generation. @throws LostClaimError unless this attempt is the running one */
export async function lockClaim(tx: Statements, claimed: Claim): Promise<LockedGeneration> {
  const generation = await lockGeneration(tx, claimed.id)
  if (generation?.attempt !== claimed.attempt || generation.status !== 'running') throw new LostClaimError(claimed)
  return generation
}
