import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { newId } from '@atelier/contracts'
import { PostgresServer } from '@atelier/embedded-postgres'
import { Client } from 'pg'
import { migrate, openDatabase } from '../src/index.js'

describe('an embedded server that was set up on a machine in India', () => {
  let directory: string
  let began: number
  const zone = process.env['TZ']
  const start = (timeZone: string) => {
    process.env['TZ'] = timeZone
    return PostgresServer.start({ directory: join(directory, 'postgres'), settings: { fsync: 'off' } }).finally(() => {
      if (zone === undefined) delete process.env['TZ']
      else process.env['TZ'] = zone
    })
  }
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'atelier-zone-'))
    began = Date.now()
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  it.each(['Asia/Kolkata', 'America/St_Johns', 'UTC'])(
    'is read and written right, also on one in %s',
    async (place) => {
      const server = await start(place)
      try {
        const url = server.url('atelier')
        await migrate(url)
        // as versions did that left the zone to the server
        const client = new Client({ connectionString: url })
        await client.connect()
        const { rows } = await client.query<{ TimeZone: string }>('SHOW TimeZone')
        assert.match(rows[0]!.TimeZone, /Kolkata|Calcutta/)
        const database = await openDatabase({ url })
        try {
          const { ownerId } = await database.admin.createKey({ name: place, scopes: ['user'] })
          const id = newId('session')
          await client.query('INSERT INTO sessions (id, owner_id) VALUES ($1, $2)', [id, ownerId])
          const { sessions } = database.forOwner(ownerId)
          const [old, fresh] = [await sessions.get(id), await sessions.create({})]
          for (const { createdAt } of [old!, fresh]) {
            const time = Date.parse(createdAt)
            assert.ok(time >= began - 1000 && time <= Date.now() + 1000, `${createdAt} at ${new Date().toISOString()}`)
          }
        } finally {
          await client.end()
          await database.close()
        }
      } finally {
        await server.stop()
      }
    },
  )
})
