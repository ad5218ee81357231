import { createHash, randomBytes } from 'node:crypto'
import type { Scope } from '@atelier/contracts'
import type { Queries } from '../prisma/create-client.js'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** A new token: `atl_` and 40 characters of Crockford's base32 (200 random bits). */
export const newToken = (): string => `atl_${Array.from(randomBytes(40), (byte) => alphabet[byte & 31]).join('')}`

/** What is stored of a token: SHA-256, hexadecimal. With 200 random bits it needs no salt and no slow hash. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex')

/** The first characters, by which people recognise a token. */
export const hintOf = (token: string): string => token.slice(0, 8)

/** Whom a token belongs to, and what it may do. */
export interface TokenOwner {
  keyId: string
  ownerId: string
  scopes: Scope[]
}

/** See `Database.authenticate`. One statement. */
export async function authenticate(client: Queries, token: string): Promise<TokenOwner | null> {
  const rows = await client.$queryRaw<TokenOwner[]>`
    WITH key AS (
      SELECT id, owner_id, scopes FROM keys WHERE token_hash = ${hashToken(token)} AND revoked_at IS NULL
    ), used AS (
      UPDATE keys SET last_used_at = now()
      WHERE id = (SELECT id FROM key) AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
    )
    SELECT id AS "keyId", owner_id AS "ownerId", scopes FROM key`
  return rows[0] ?? null
}
