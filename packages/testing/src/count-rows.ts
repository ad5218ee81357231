import { Client } from 'pg'

const tables = ['sessions', 'turns', 'turn_images', 'generations', 'images', 'events', 'idempotency_keys'] as const

/** How many rows each table has that holds what callers make. */
export async function countRows(url: string): Promise<Record<string, number>> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const counts = tables.map((table) => `(SELECT count(*)::int FROM ${table}) AS ${table}`)
    return (await client.query<Record<string, number>>(`SELECT ${counts.join(', ')}`)).rows[0]!
  } finally {
    await client.end()
  }
}
