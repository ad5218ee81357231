import type { Database } from '@atelier/database'
import type { DataFolder } from './data-folder.js'

/** The key in the data folder while it is valid, else a new one with the scopes `user` and `admin`, written there. */
export async function firstKey(database: Database, data: DataFolder): Promise<string> {
  const kept = data.readKey()
  if (kept && (await database.authenticate(kept))) return kept
  const { token } = await database.admin.createKey({ name: 'first key', scopes: ['user', 'admin'] })
  data.writeKey(token)
  return token
}
