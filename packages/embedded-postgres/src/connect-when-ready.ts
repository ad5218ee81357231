import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'

// refused, reset while starting, "the database system is starting up"
const notYet = new Set(['ECONNREFUSED', 'ECONNRESET', '57P03'])

/**
 * Waits until a server answers, and asks it for its data folder.
 *
 * @param alive - false as soon as waiting has no sense any more
 * @returns the folder, or undefined when it did not answer in time or is not ours (wrong password)
 */
export async function connectWhenReady(
  url: string,
  alive: () => boolean,
  timeoutMs: number,
): Promise<string | undefined> {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline && alive();) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 })
    client.on('error', () => {})
    try {
      await client.connect()
      const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory')
      return rows[0]!.data_directory
    } catch (error) {
      if ((error as { code?: string }).code && !notYet.has((error as { code: string }).code)) return undefined
    } finally {
      await client.end().catch(() => {})
    }
    await sleep(25)
  }
  return undefined
}
