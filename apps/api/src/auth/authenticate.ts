import { AtelierError, type Scope } from '@atelier/contracts'
import type { Database } from '@atelier/database'

/** Who sends a request. */
export interface Identity {
  keyId: string
  ownerId: string
  scopes: Scope[]
  token: string
}

const maxTokenLength = 200

/** @throws AtelierError `unauthorized` when the token is missing, unknown or revoked */
export async function authenticate(
  database: Pick<Database, 'authenticate'>,
  token: string | undefined,
): Promise<Identity> {
  const plausible =
    token !== undefined && token.startsWith('atl_') && token.length <= maxTokenLength && /^\w+$/.test(token)
  const found = plausible ? await database.authenticate(token) : null
  if (!found) throw new AtelierError('unauthorized')
  return { ...found, token: token! }
}

/** `admin` includes `user`. @throws AtelierError `forbidden` */
export function requireScope({ scopes }: Pick<Identity, 'scopes'>, scope: Scope): void {
  if (scopes.includes(scope) || scopes.includes('admin')) return
  throw new AtelierError('forbidden', `This route needs a key with the scope \`${scope}\`.`)
}
