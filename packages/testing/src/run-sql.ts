import { Client } from 'pg'

/** Runs one statement on a connection of its own, past everything that guards the tables. */
export async function runSql<R extends object>(url: string, text: string, values: unknown[] = []): Promise<R[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<R>(text, values)).rows
  } finally {
    await client.end()
  }
}
