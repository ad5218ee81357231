import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from '@jest/globals'
import { PostgresServer } from '@atelier/embedded-postgres'
import { isDatabaseOutage, migrate, openDatabase } from '../src/index.js'
import { newToken } from '../src/admin/token.js'

test('every call says plainly that the database is away', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'atelier outage '))
  const server = await PostgresServer.start({ directory })
  await migrate(server.url('atelier'))
  const db = await openDatabase({ url: server.url('atelier') })
  process.kill(server.pid, 'SIGKILL')
  await (await PostgresServer.start({ directory })).stop()
  const calls = [
    () => db.check(),
    () => db.credentials.authenticate(newToken()),
    () => db.forOwner('own').sessions.list({ limit: 1 }),
    () => db.work.claim('gen', 'wrk'),
    () => db.listen(),
  ]
  for (const call of calls) await assert.rejects(call, { name: 'AtelierError', code: 'unavailable' })
  assert.equal(await db.credentials.authenticate(`${newToken()}0`), null, 'a malformed token needs no query')
  await db.close()
  await rm(directory, { recursive: true, force: true })
})

test('an outage is known by code or words, also inside other errors', () => {
  const coded = (code: string) => Object.assign(new Error('x'), { code })
  for (const code of ['ECONNREFUSED', '57P01', '08006', '53300', '53100', 'P1001', 'P2024'])
    assert.ok(isDatabaseOutage(coded(code)), code)
  assert.ok(isDatabaseOutage(new Error('Connection terminated unexpectedly')))
  assert.ok(isDatabaseOutage(new Error('x', { cause: new AggregateError([new Error('y'), coded('ECONNRESET')]) })))
  assert.ok(isDatabaseOutage({ meta: { driverAdapterError: { cause: { originalCode: '57P03' } } } }))
  for (const error of [coded('23505'), coded('ENOENT'), new Error('no'), null, 'ECONNREFUSED'])
    assert.equal(isDatabaseOutage(error), false)
})
