import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { startPurging } from '../../src/purge.js'
import { multipart, png, startTestApi, uploaded, type TestApi } from '../support/test-api.js'

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.close())

const secretText = 'a portrait of somebody who wants to be forgotten'
let keys = 0

/** Sends a POST with a key of its own; returns the first answer and what repeats it. */
async function keyed(url: string, body?: object, form?: ReturnType<typeof multipart>) {
  const key = `gone-${(keys += 1)}`
  const repeat = async () => {
    const answer = await api.app.inject({
      method: 'POST',
      url,
      headers: { ...api.anna.headers, ...form?.headers, 'idempotency-key': key },
      ...(form ? { payload: form.payload } : body && { payload: body }),
    })
    return { status: answer.statusCode, text: answer.body, body: answer.json<any>() }
  }
  return { key, repeat, first: await repeat() }
}

const turnIn = async (sessionId: string) =>
  keyed(`/v1/sessions/${sessionId}/turns`, { instruction: secretText, images: [] })

/** The repeat is 410, nothing of the answer is kept, and nothing is made again. */
async function gone({ key, repeat, first }: Awaited<ReturnType<typeof keyed>>): Promise<void> {
  const before = await api.count()
  const { status, text, body } = await repeat()
  assert.deepEqual([status, body.error?.code], [410, 'gone'], text)
  assert.ok(!text.includes(secretText))
  assert.deepEqual(await api.count(), before)
  const [kept] = await api.sql<{ body: unknown }>('SELECT body FROM idempotency_keys WHERE key = $1', [key])
  assert.equal(kept?.body ?? null, null, 'the answer is still kept')
  assert.ok(first.status < 300)
}

describe('repeating a POST whose creation was deleted since', () => {
  it('answers 410 for a turn, and for all that went with its session', async () => {
    const sessionId = await api.session()
    const turn = await turnIn(sessionId)
    assert.match(turn.first.text, new RegExp(secretText))
    assert.deepEqual((await turn.repeat()).body, turn.first.body)
    const generationId = turn.first.body.generations[0].id as string
    await api.finish(generationId)
    const retry = await keyed(`/v1/generations/${generationId}/retry`)
    const reproduce = await keyed(`/v1/generations/${generationId}/reproduce`)
    assert.equal((await api.send('DELETE', `/v1/turns/${turn.first.body.turn.id}`)).status, 204)
    for (const made of [turn, retry, reproduce]) await gone(made)
    const other = await turnIn(sessionId)
    assert.equal((await api.send('DELETE', `/v1/sessions/${sessionId}`)).status, 204)
    await gone(other)
  })

  it('answers 410 for a session: made, forked, imported', async () => {
    const made = await keyed('/v1/sessions', { title: secretText })
    const turn = await turnIn(made.first.body.id)
    await api.finish(turn.first.body.generations[0].id)
    const fork = await keyed(`/v1/sessions/${made.first.body.id}/fork`, { turnId: turn.first.body.turn.id })
    const zip = (await api.app.inject({ url: `/v1/sessions/${made.first.body.id}/export`, headers: api.anna.headers }))
      .rawPayload
    const imported = await keyed('/v1/sessions/import', undefined, multipart(zip))
    for (const session of [made, fork, imported]) {
      assert.equal((await session.repeat()).body.id, session.first.body.id)
      assert.equal((await api.send('DELETE', `/v1/sessions/${session.first.body.id}`)).status, 204)
      await gone(session)
    }
  })

  it('answers 410 for a picture: uploaded, grown', async () => {
    const upload = await keyed('/v1/images', undefined, multipart(await png(48, 48, '#123456')))
    const grown = await keyed(`/v1/images/${(await uploaded(api)).id}/outpaint`, { top: 0.5 })
    for (const [made, id] of [
      [upload, upload.first.body.id],
      [grown, grown.first.body.image.id],
    ] as const) {
      assert.equal((await api.send('DELETE', `/v1/images/${id}`)).status, 204)
      await gone(made)
    }
  })

  it('answers 410 when only the mask of a grown picture is gone', async () => {
    const { repeat, first } = await keyed(`/v1/images/${(await uploaded(api)).id}/outpaint`, { left: 0.5 })
    assert.equal((await api.send('DELETE', `/v1/images/${first.body.mask.id}`)).status, 204)
    assert.equal((await repeat()).status, 410)
  })

  it('still is a conflict for another request', async () => {
    const { key, first } = await keyed('/v1/sessions', { title: 'x' })
    await api.send('DELETE', `/v1/sessions/${first.body.id}`)
    const { status } = await api.send('POST', '/v1/sessions', {
      body: { title: 'y' },
      headers: { 'idempotency-key': key },
    })
    assert.equal(status, 409)
  })
})

describe('kept answers', () => {
  it('are purged after a day for every owner, whoever calls', async () => {
    for (const as of [api.anna, api.ben])
      await api.send('POST', '/v1/sessions', { as, body: { title: secretText }, headers: { 'idempotency-key': 'old' } })
    await api.sql("UPDATE idempotency_keys SET created_at = created_at - interval '25 hours' WHERE key = 'old'")
    await api.send('POST', '/v1/sessions', { headers: { 'idempotency-key': 'fresh' } })
    const stop = startPurging({ database: api.database, logger: api.app.log })
    await stop()
    const left = await api.sql<{ key: string }>("SELECT key FROM idempotency_keys WHERE key IN ('old', 'fresh')")
    assert.deepEqual(left, [{ key: 'fresh' }])
  })

  it('go with expired links and browser sessions', async () => {
    const { keyId } = (await api.database.credentials.authenticate(api.anna.token))!
    await api.database.credentials.createLink(keyId, -1)
    await api.database.credentials.openBrowserSession(keyId)
    await api.sql("UPDATE browser_sessions SET expires_at = now() - interval '1 second'")
    await startPurging({ database: api.database, logger: api.app.log })()
    const [left] = await api.sql(
      'SELECT (SELECT count(*)::int FROM sign_in_links) AS links, (SELECT count(*)::int FROM browser_sessions) AS browsers',
    )
    assert.deepEqual(left, { links: 0, browsers: 0 })
  })
})
