import type { Key, Scope } from '@atelier/contracts'
import type { Queries } from '../prisma/create-client.js'
import { hashToken, isWellFormed, newSecret } from './token.js'

/** Channel of Postgres's NOTIFY: the credential it names was changed. Sent by triggers of the tables. */
export const keysChannel = 'atelier_keys'

/** Whom a token belongs to, and what it may do. */
export interface TokenOwner {
  /** What can end it: the id of the key, or of the browser session. */
  credentialId: string
  /** The key; a browser session has the one that it was signed in with, and ends with it. */
  keyId: string
  ownerId: string
  scopes: Scope[]
  /** When it ends by itself, ISO 8601; null = never. */
  expiresAt: string | null
  /** Milliseconds until then, by the database's clock. */
  validForMs: number | null
}

/** What signs a browser in. */
export interface BrowserToken {
  /** Value of the cookie; only its SHA-256 hash is stored. */
  token: string
  expiresAt: string
}

/** Keys and the browsers that are signed in with them. */
export interface Credentials {
  /**
   * Whom a key or the token of a browser session belongs to; null when unknown, expired or revoked. A malformed one is
   * refused without a query. Updates `lastUsedAt` of the key at most once a minute.
   */
  authenticate(token: string): Promise<TokenOwner | null>
  /** Those of the credentials that hold. */
  standing(credentialIds: readonly string[]): Promise<Set<string>>
  /** The secret of a link that signs a browser in with a key, once, within `seconds`. */
  createLink(keyId: string, seconds: number): Promise<string>
  /** Signs in with the secret of a link, which is used up; null when it is unknown, used or expired. */
  redeemLink(secret: string): Promise<BrowserToken | null>
  /** Signs in with a key; null when it does not hold. */
  openBrowserSession(keyId: string): Promise<BrowserToken | null>
  /** What tells a key from others; null when there is none. */
  describeKey(keyId: string): Promise<Pick<Key, 'id' | 'name' | 'hint'> | null>
  /** Signs out. */
  closeBrowserSession(credentialId: string): Promise<void>
  /** Deletes links and browser sessions that have expired. @returns how many */
  purge(): Promise<number>
}

const browserTokenForm = /^atb_[0-9a-f]{64}$/
/** How long a browser stays signed in. */
const browserSessionDays = 30

async function authenticate(client: Queries, token: string): Promise<TokenOwner | null> {
  const browser = browserTokenForm.test(token)
  if (!browser && !isWellFormed(token)) return null
  const hash = hashToken(token)
  // one statement each, because it runs before almost every request
  const [row] = browser
    ? await client.$queryRaw<TokenOwner[]>`
        WITH found AS (
          SELECT s.token_hash AS credential, k.id, k.owner_id, k.scopes, least(s.expires_at, k.expires_at) AS ends
          FROM browser_sessions s JOIN keys k ON k.id = s.key_id
          WHERE s.token_hash = ${hash} AND s.expires_at > now()
            AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
        ), used AS (
          UPDATE keys SET last_used_at = now()
          WHERE id = (SELECT id FROM found) AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
        )
        SELECT credential AS "credentialId", id AS "keyId", owner_id AS "ownerId", scopes,
          (extract(epoch FROM ends - now()) * 1000)::float8 AS "validForMs",
          to_char(ends AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "expiresAt" FROM found`
    : await client.$queryRaw<TokenOwner[]>`
        WITH found AS (
          SELECT id, owner_id, scopes, expires_at AS ends FROM keys
          WHERE token_hash = ${hash} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
        ), used AS (
          UPDATE keys SET last_used_at = now()
          WHERE id = (SELECT id FROM found) AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
        )
        SELECT id AS "credentialId", id AS "keyId", owner_id AS "ownerId", scopes,
          (extract(epoch FROM ends - now()) * 1000)::float8 AS "validForMs",
          to_char(ends AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "expiresAt" FROM found`
  return row ?? null
}

/** See {@link Credentials}. */
export const credentials = (client: Queries): Credentials => ({
  authenticate: (token) => authenticate(client, token),
  standing: async (ids) => {
    const rows = await client.$queryRaw<{ id: string }[]>`
      SELECT id FROM keys
      WHERE id = ANY(${ids}::text[]) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
      UNION ALL
      SELECT s.token_hash FROM browser_sessions s JOIN keys k ON k.id = s.key_id
      WHERE s.token_hash = ANY(${ids}::text[]) AND s.expires_at > now()
        AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())`
    return new Set(rows.map(({ id }) => id))
  },
  createLink: async (keyId, seconds) => {
    const secret = newSecret()
    await client.$executeRaw`
      INSERT INTO sign_in_links (secret_hash, key_id, expires_at)
      VALUES (${hashToken(secret)}, ${keyId}, now() + make_interval(secs => ${seconds}::float8))`
    return secret
  },
  redeemLink: async (secret) => {
    const token = `atb_${newSecret()}`
    const rows = await client.$queryRaw<{ expiresAt: string }[]>`
      WITH link AS (DELETE FROM sign_in_links WHERE secret_hash = ${hashToken(secret)} RETURNING key_id, expires_at)
      INSERT INTO browser_sessions (token_hash, key_id, expires_at)
      SELECT ${hashToken(token)}, k.id, now() + make_interval(days => ${browserSessionDays}::int)
      FROM link JOIN keys k ON k.id = link.key_id
      WHERE link.expires_at > now() AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
      RETURNING to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "expiresAt"`
    return rows[0] ? { token, ...rows[0] } : null
  },
  openBrowserSession: async (keyId) => {
    const token = `atb_${newSecret()}`
    const rows = await client.$queryRaw<{ expiresAt: string }[]>`
      INSERT INTO browser_sessions (token_hash, key_id, expires_at)
      SELECT ${hashToken(token)}, id, now() + make_interval(days => ${browserSessionDays}::int) FROM keys
      WHERE id = ${keyId} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
      RETURNING to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "expiresAt"`
    return rows[0] ? { token, ...rows[0] } : null
  },
  describeKey: (id) => client.key.findUnique({ where: { id }, select: { id: true, name: true, hint: true } }),
  closeBrowserSession: async (credentialId) => {
    await client.browserSession.deleteMany({ where: { tokenHash: credentialId } })
  },
  purge: async () =>
    (await client.$executeRaw`DELETE FROM sign_in_links WHERE expires_at < now()`) +
    (await client.$executeRaw`DELETE FROM browser_sessions WHERE expires_at < now()`),
})
