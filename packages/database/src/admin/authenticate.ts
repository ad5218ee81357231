import type { Scope } from '@atelier/contracts'
import type { Queries } from '../prisma/create-client.js'
import { hashToken } from './token.js'

/** Who a token belongs to; null when it is unknown or revoked. One statement. */
export async function authenticate(
  client: Queries,
  token: string,
): Promise<{ keyId: string; ownerId: string; scopes: Scope[] } | null> {
  const rows = await client.$queryRaw<{ keyId: string; ownerId: string; scopes: Scope[] }[]>`
    WITH found AS (
      SELECT id, owner_id, scopes FROM keys WHERE token_hash = ${hashToken(token)} AND revoked_at IS NULL
    ), used AS (
      UPDATE keys SET last_used_at = now()
      WHERE id = (SELECT id FROM found) AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
    )
    SELECT id AS "keyId", owner_id AS "ownerId", scopes FROM found`
  return rows[0] ?? null
}
