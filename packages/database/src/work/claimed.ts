import { lockGeneration } from '../log/lock-session.js'
import type { Queries } from '../prisma/create-client.js'
import type { GenerationModel } from '../prisma/rows.js'
import { LostClaimError } from '../repositories.js'

/** What a worker holds: a generation and the number of its start. */
export interface Claim {
  id: string
  attempt: number
}

/** The error of an attempt that may write nothing any more. */
export const lost = ({ id, attempt }: Claim) => new LostClaimError(`Attempt ${attempt} of ${id} is over.`)

/**
 * Locks the session of a claim and reads the generation.
 *
 * @throws LostClaimError unless this attempt is the running one
 */
export async function lockClaim(tx: Queries, claim: Claim): Promise<GenerationModel> {
  const generation = await lockGeneration(tx, claim.id)
  if (generation?.attempt !== claim.attempt || generation.status !== 'running') throw lost(claim)
  return generation
}
