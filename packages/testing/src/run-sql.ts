import { Client } from 'pg'

/** Runs one statement on a connection of its own, for states that would take too long to reach through the API. */
export async function runSql(url: string, text: string, values: unknown[] = []): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(text, values)
  } finally {
    await client.end()
  }
}
