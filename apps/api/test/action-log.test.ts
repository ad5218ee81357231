import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import type { AdminAction } from '@atelier/contracts'
import { startTestApi, type TestApi } from './support/test-api.js'

describe('the log of what operators do', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await startTestApi()
  })
  afterAll(() => api.close())
  const entries = async () => (await api.send('GET', '/v1/admin/actions', { as: api.admin })).body.data as AdminAction[]

  it('has who did what, where, with which body and end', async () => {
    const headers = { 'x-request-id': 'asked-by-a-test' }
    const { body: key } = await api.send('POST', '/v1/admin/keys', { as: api.admin, body: { name: 'new' }, headers })
    await api.send('DELETE', `/v1/admin/keys/${key.id}`, { as: api.admin })
    assert.equal((await api.send('DELETE', '/v1/admin/keys/key_0000000000000000', { as: api.admin })).status, 404)
    const seen = await entries()
    assert.deepEqual(
      seen.map(({ action, target, status, body }) => [action, target, status, body]),
      [
        ['DELETE /v1/admin/keys/:id', 'key_0000000000000000', 404, null],
        ['DELETE /v1/admin/keys/:id', key.id, 200, null],
        ['POST /v1/admin/keys', null, 201, { name: 'new', scopes: ['user'] }],
      ],
    )
    const { ownerId, keyId, requestId, address } = seen.at(-1)!
    assert.deepEqual([ownerId, requestId, address], [api.admin.ownerId, 'asked-by-a-test', '127.0.0.1'])
    assert.match(keyId, /^key_/)
    assert.ok(!JSON.stringify(seen).includes(key.token), 'a token was written down')
  })

  it('is only for operators, and holds nothing that was refused before it began', async () => {
    const before = (await entries()).length
    assert.equal((await api.send('GET', '/v1/admin/actions')).status, 403)
    assert.equal((await api.send('POST', '/v1/admin/queue/pause')).status, 403)
    assert.equal((await api.send('POST', '/v1/admin/keys', { as: api.admin, body: { name: 5 } })).status, 400)
    assert.equal((await entries()).length, before)
  })

  it('has the end of an action before its answer, however slowly that is written', async () => {
    await api.sql(`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN PERFORM pg_sleep(0.5); RETURN NEW; END'`)
    await api.sql('CREATE TRIGGER slow BEFORE UPDATE ON admin_actions FOR EACH ROW EXECUTE FUNCTION slow()')
    try {
      await api.send('POST', '/v1/admin/queue/resume', { as: api.admin })
      assert.equal((await entries())[0]!.status, 200)
    } finally {
      await api.sql('DROP FUNCTION slow CASCADE')
    }
  })

  it('cannot be changed, shortened or emptied', async () => {
    for (const change of [
      "UPDATE admin_actions SET action = 'nothing'",
      'UPDATE admin_actions SET status = 500',
      'DELETE FROM admin_actions',
      'TRUNCATE admin_actions',
    ])
      await assert.rejects(api.sql(change), /only added to/)
  })

  it('comes first: what cannot be written down is not done', async () => {
    await api.sql('ALTER TABLE admin_actions RENAME TO hidden')
    try {
      assert.ok((await api.send('POST', '/v1/admin/queue/pause', { as: api.admin })).status >= 500)
      assert.equal((await api.queue.counts()).paused, false)
    } finally {
      await api.sql('ALTER TABLE hidden RENAME TO admin_actions')
    }
  })
})
