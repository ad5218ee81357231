import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { eventually } from '@atelier/testing'
import OpenAI from 'openai'
import { validateWebhook } from 'replicate'
import { allowedAddresses } from '../src/webhooks/webhook-sender.js'
import { startTestApi, type TestApi } from './support/test-api.js'
import { webhookSteps } from './support/webhook-steps.js'

let api: TestApi
beforeAll(async () => {
  api = await startTestApi((d) => ({ ...d, settings: { ...d.settings, webhookNetworks: ['127.0.0.1'] } }))
  await api.listen()
})
afterAll(() => api.close())

const { receiver, create, ended, deliveries } = webhookSteps(() => api)
/** Brings the next attempt forward. */
const hurry = (id: string) =>
  api.sql('UPDATE deliveries SET next_attempt_at = now() WHERE webhook_id = $1 AND status = $2', [id, 'pending'])

describe('a webhook', () => {
  it('is told how generations end, with links that work, and OpenAI’s and Replicate’s own verifiers accept it', async () => {
    const { url, heard } = await receiver()
    const { id, secret } = await create({ url })
    const { session, turn, generation } = await ended()
    await ended(api.ben)
    await eventually('the message', () => heard.length > 0)
    const { headers, body, message } = heard[0]!
    assert.deepEqual(
      [message.type, message.data.sessionId, message.data.turnId, message.data.generationId],
      ['generation.succeeded', session, turn, generation],
    )
    assert.equal((await api.app.inject(message.data.images[0].url)).statusCode, 200)
    const unwrapped = await new OpenAI({ apiKey: '-', webhookSecret: secret }).webhooks.unwrap(body, headers as never)
    assert.deepEqual(unwrapped as unknown, message)
    const [webhookId, timestamp, signature] = ['id', 'timestamp', 'signature'].map(
      (name) => headers[`webhook-${name}`] as string,
    )
    assert.equal(
      await validateWebhook({ id: webhookId!, timestamp: timestamp!, signature: signature!, body, secret }),
      true,
    )
    assert.equal(
      await validateWebhook({ id: webhookId!, timestamp: timestamp!, signature: signature!, body: `${body} `, secret }),
      false,
    )
    await eventually('its row', async () => (await deliveries(id))[0]?.status === 'delivered')
    assert.deepEqual(
      (await deliveries(id)).map(({ id: one, status, attempts, lastStatus }: any) => [
        one,
        status,
        attempts,
        lastStatus,
      ]),
      [[webhookId, 'delivered', 1, 204]],
    )
    // what others made, and what was not chosen, it is not told
    assert.equal(heard.length, 1)
  })

  it('is told again until it answers, with the same id, and can be told once more', async () => {
    let status = 500
    const { url, heard } = await receiver((_, response) => response.writeHead(status).end())
    const { id } = await create({ url })
    await ended()
    const waiting = await eventually('the first attempt', async () => {
      const [first] = await deliveries(id)
      return first?.lastStatus === 500 && first
    })
    assert.deepEqual([waiting.status, waiting.attempts, waiting.lastError], ['pending', 1, 'answers 500'])
    // noted just after when the next attempt is due
    const failingSince = await eventually('it is failing', async () => {
      return (await api.send('GET', `/v1/webhooks/${id}`)).body.failingSince as string | null
    })
    const seconds = (Date.parse(waiting.nextAttemptAt) - Date.parse(failingSince)) / 1000
    assert.ok(seconds > 1 && seconds < 7, `the next attempt was due after ${seconds} s`)
    status = 200
    await hurry(id)
    await eventually('the second', async () => (await deliveries(id))[0]?.status === 'delivered')
    assert.equal(new Set(heard.map(({ headers }) => headers['webhook-id'])).size, 1)
    const failing = async () => (await api.send('GET', `/v1/webhooks/${id}`)).body.failingSince !== null
    await eventually('it fails no more', async () => !(await failing()))
    const before = heard.length
    const replay = await api.send('POST', `/v1/webhooks/${id}/deliveries/${waiting.id}/replay`)
    assert.deepEqual([replay.status, replay.body.status], [200, 'pending'])
    await eventually('the replay', () => heard.length > before)
  })

  it('is given up after a day, and disabled when it says 410 or has failed for days', async () => {
    let status = 503
    const { url } = await receiver((_, response) => response.writeHead(status).end())
    const { id } = await create({ url })
    await ended()
    await eventually('an attempt', async () => (await deliveries(id))[0]?.lastStatus === 503)
    await eventually('it is failing', async () => (await api.send('GET', `/v1/webhooks/${id}`)).body.failingSince)
    await api.sql(
      `WITH failing AS (UPDATE webhooks SET failing_since = now() - interval '4 days' WHERE id = $1)
       UPDATE deliveries SET attempts = 10, next_attempt_at = now() WHERE webhook_id = $1`,
      [id],
    )
    await eventually('the last attempt', async () => (await deliveries(id))[0]?.status === 'failed')
    const { disabledReason } = await eventually('it is disabled', async () => {
      const { body } = await api.send('GET', `/v1/webhooks/${id}`)
      return body.enabled === false && body
    })
    assert.match(disabledReason, /3 days/)
    await ended()
    assert.equal((await deliveries(id)).length, 1, 'nothing is written for one that is disabled')

    assert.equal((await api.send('PATCH', `/v1/webhooks/${id}`, { body: { enabled: true } })).body.disabledReason, null)
    status = 410
    await ended()
    await eventually('410', async () => (await api.send('GET', `/v1/webhooks/${id}`)).body.enabled === false)
    assert.match((await api.send('GET', `/v1/webhooks/${id}`)).body.disabledReason, /410/)
  })

  it('signs with both secrets while one is replaced', async () => {
    const { url, heard } = await receiver()
    const { id, secret: old } = await create({ url, events: ['turn.created', 'turn.created'] })
    const { secret } = (await api.send('POST', `/v1/webhooks/${id}/rotate`, { body: { overlapSeconds: 60 } })).body
    assert.notEqual(secret, old)
    await ended()
    await eventually('the message', () => heard.length > 0)
    const { headers, body, message } = heard[0]!
    assert.equal(message.type, 'turn.created')
    for (const one of [old, secret])
      await new OpenAI({ apiKey: '-', webhookSecret: one }).webhooks.unwrap(body, headers as never)
    await api.sql(`UPDATE webhooks SET old_secret_until = now() WHERE id = $1`, [id])
    await ended()
    await eventually('the next', () => heard.length > 1)
    await assert.rejects(
      new OpenAI({ apiKey: '-', webhookSecret: old }).webhooks.unwrap(heard[1]!.body, heard[1]!.headers as never),
    )
  })

  it('is told nothing of the past that an import brings', async () => {
    const { session } = await ended()
    const { url, heard } = await receiver()
    const { id } = await create({ url, events: ['turn.created', 'generation.succeeded'] })
    await api.send('POST', `/v1/sessions/${session}/fork`, {
      body: { turnId: (await api.send('GET', `/v1/sessions/${session}`)).body.turns[0].id },
    })
    assert.deepEqual(await deliveries(id), [])
    assert.equal(heard.length, 0)
  })

  it('follows no redirects', async () => {
    const target = await receiver()
    const { url } = await receiver((_, response) => response.writeHead(307, { location: target.url }).end())
    const { id } = await create({ url })
    await ended()
    await eventually('the attempt', async () => (await deliveries(id))[0]?.lastStatus === 307)
    assert.match((await deliveries(id))[0].lastError, /redirect/)
    assert.equal(target.heard.length, 0)
  })

  it('cannot lead to what is not public, by address or by name', async () => {
    for (const url of [
      'http://169.254.169.254/latest',
      'http://[::1]/',
      'https://10.0.0.1/',
      'ftp://example.com/',
      'https://a:b@example.com/',
      'no',
    ])
      assert.equal((await api.send('POST', '/v1/webhooks', { body: { url } })).status, 400, url)
    const { url, heard } = await receiver()
    const { port } = new URL(url)
    // the name leads to ::1 as well, or to an address that is allowed here: either way only what is allowed is reached
    const { id } = await create({ url: `http://ip6-localhost:${port}/hook` })
    await ended()
    await eventually('the attempt', async () => (await deliveries(id))[0]?.lastError)
    assert.equal(heard.length, 0)
  })

  it('is limited in number, and belongs to its owner', async () => {
    const { id } = await create({ url: 'https://example.com/1' })
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/rotate'],
      ['GET', '/deliveries'],
      ['POST', '/deliveries/msg_0000000000000000/replay'],
    ] as const) {
      const body = method === 'PATCH' ? { enabled: false } : undefined
      const { status } = await api.send(method, `/v1/webhooks/${id}${path}`, { as: api.ben, ...(body && { body }) })
      assert.equal(status, 404, `${method} ${path}`)
    }
    for (let n = 2; n <= 20; n++) await create({ url: `https://example.com/${n}` })
    const { status, body } = await api.send('POST', '/v1/webhooks', { body: { url: 'https://example.com/21' } })
    assert.deepEqual([status, body.error.code], [409, 'limit_reached'])
    assert.deepEqual(body.error.details, { limit: 'webhooks', used: 20, most: 20 })
    assert.equal(
      (await api.send('GET', '/v1/webhooks')).body.data.every((one: object) => !('secret' in one)),
      true,
    )
  })
})

describe('the addresses of webhooks', () => {
  it('are public ones and those of the named networks', () => {
    const allows = allowedAddresses(['10.0.0.0/8', '192.168.1.7', 'fd00::/8'])
    for (const address of ['8.8.8.8', '10.1.2.3', '192.168.1.7', 'fd12::1', '2606:4700::1'])
      assert.equal(allows(address), true, address)
    for (const address of ['127.0.0.1', '192.168.1.8', 'fe80::1', '::1', 'x'])
      assert.equal(allows(address), false, address)
  })
})
