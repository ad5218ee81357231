import assert from 'node:assert/strict'
import { it } from '@jest/globals'
import { startTestPostgres } from '@atelier/testing'
import { Client, type ClientConfig } from 'pg'
import { queueBackend } from '../src/queue-backend.js'
import { generationQueueSuite } from './generation-queue.suite.js'

generationQueueSuite({ kind: 'postgres', start: startTestPostgres })

it('has sessions in UTC, whatever the zone of the database', async () => {
  const { url, stop } = await startTestPostgres({ timeZone: 'America/St_Johns' })
  const zoneOf = async (config: ClientConfig) => {
    const client = new Client(config)
    await client.connect()
    const { rows } = await client.query<{ TimeZone: string }>('SHOW TimeZone').finally(() => client.end())
    return rows[0]!.TimeZone
  }
  assert.equal(await zoneOf({ connectionString: url }), 'America/St_Johns')
  assert.equal(await zoneOf(queueBackend({ url }, 'ask').connection as ClientConfig), 'UTC')
  await stop()
})
