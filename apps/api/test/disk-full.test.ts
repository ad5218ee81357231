import assert from 'node:assert/strict'
import { afterAll, beforeAll, it } from '@jest/globals'
import type { InjectOptions } from 'fastify'
import { Client } from 'pg'
import { multipart, png, startTestApi, type TestApi } from './support/test-api.js'

let api: TestApi
let sql: Client
beforeAll(async () => {
  api = await startTestApi()
  sql = new Client({ connectionString: api.databaseUrl })
  await sql.connect()
  await sql.query(`CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'could not extend file "base/1/2": No space left on device' USING ERRCODE = '53100'; END $$`)
})
afterAll(async () => {
  await sql.end()
  await api.close()
})

const tables = [
  'turns',
  'turn_images',
  'generations',
  'events',
  'sessions',
  'images',
  'idempotency_keys',
  'keys',
  'owners',
]
let pictures = 0
const freshPng = () => png(32 + (pictures += 1), 64)

// The errors of rows written by Prisma's own statements, by raw ones, in a transaction and at its end look different.
it.each([
  ...tables.map((table) => [table, 'TRIGGER no_room BEFORE INSERT OR UPDATE', '']),
  ...tables.map((table) => [
    table,
    'CONSTRAINT TRIGGER no_room AFTER INSERT OR UPDATE',
    'DEFERRABLE INITIALLY DEFERRED',
  ]),
])('a disk that is full when a row of %s is written is 503 (%s)', async (table, trigger, deferred) => {
  const session = await api.session()
  const image = (await api.upload(await freshPng())).body as { id: string }
  const { payload, headers } = multipart(await freshPng())
  const as = { ...api.admin.headers, 'idempotency-key': `key-${pictures}` }
  const turn = { instruction: 'x', images: [{ imageId: image.id }] }
  const requests: InjectOptions[] = [
    { url: `/v1/sessions/${session}/turns`, payload: turn, headers: { ...as, ...api.anna.headers } },
    { url: '/v1/sessions', payload: {}, headers: api.anna.headers },
    { url: '/v1/images', payload, headers: { ...headers, ...api.anna.headers } },
    { url: '/v1/admin/keys', payload: { name: 'x' }, headers: as },
  ]
  const send = () => Promise.all(requests.map((request) => api.app.inject({ method: 'POST', ...request })))
  await sql.query(`CREATE ${trigger} ON ${table} ${deferred} FOR EACH ROW EXECUTE FUNCTION no_room()`)
  const answers = await send()
  await sql.query(`DROP TRIGGER no_room ON ${table}`)
  const refused = answers.filter(({ statusCode }) => statusCode >= 400)
  assert.ok(refused.length > 0, `nothing writes ${table}`)
  for (const { statusCode, headers: sent, body } of refused) {
    assert.equal(statusCode, 503, body)
    assert.match(body, /"unavailable"/)
    assert.ok(Number(sent['retry-after']) > 0)
  }
  for (const { statusCode, body } of await send()) assert.ok(statusCode < 300, body)
})
