import { Client } from 'pg'

/**
 * Creates the database that a URL names unless it exists.
 *
 * @param url - `postgres://…/name`; its user must be allowed to create databases only if it is missing
 */
export async function createDatabase(url: string): Promise<void> {
  const probe = new Client({ connectionString: url })
  try {
    await probe.connect()
    return
  } catch (error) {
    if ((error as { code?: string }).code !== '3D000') throw error
  } finally {
    await probe.end().catch(() => {})
  }
  const server = new URL(url)
  const name = decodeURIComponent(server.pathname.slice(1))
  server.pathname = '/postgres'
  const client = new Client({ connectionString: server.href })
  await client.connect()
  try {
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`)
  } catch (error) {
    // 42P04, 23505: another process made it first
    if (!['42P04', '23505'].includes((error as { code: string }).code)) throw error
  } finally {
    await client.end()
  }
}
