import type { Database } from '@atelier/database'
import type { DataFolder } from './data-folder.js'

const linkSeconds = 3600

/** The key in the data folder while it is valid, else a new one with the scopes `user` and `admin`, written there. */
async function firstKey({ credentials, admin }: Database, data: DataFolder): Promise<string> {
  const kept = data.readKey()
  if (kept && (await credentials.authenticate(kept))) return kept
  const { token } = await admin.createKey({ name: 'first key', scopes: ['user', 'admin'] })
  data.writeKey(token)
  return token
}

/** The first key, and the secret of a link that signs a browser in with it: once, within an hour. */
export async function firstSignIn(database: Database, data: DataFolder): Promise<{ token: string; secret: string }> {
  const token = await firstKey(database, data)
  const { keyId } = (await database.credentials.authenticate(token))!
  return { token, secret: await database.credentials.createLink(keyId, linkSeconds) }
}
