import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { cleanUpAfterEach, eventually } from '@atelier/testing'
import OpenAI from 'openai'
import { validateWebhook } from 'replicate'
import { allowedAddresses } from '../src/webhooks/webhook-sender.js'
import { startTestApi, type TestApi } from './support/test-api.js'

const cleanUp = cleanUpAfterEach()

let api: TestApi
beforeAll(async () => {
  api = await startTestApi((d) => ({ ...d, settings: { ...d.settings, webhookNetworks: ['127.0.0.1'] } }))
  await api.listen()
})
afterAll(() => api.close())

interface Heard {
  headers: IncomingHttpHeaders
  body: string
  message: { type: string; timestamp: string; data: any }
}

/** A server that hears messages. @param answer - default 204 */
async function receiver(answer: RequestListener = (_, response) => response.writeHead(204).end()) {
  const heard: Heard[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      body += chunk
    })
    request.on('end', () => {
      heard.push({ headers: request.headers, body, message: JSON.parse(body) })
      answer(request, response)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, heard }
}

const create = async (body: object) => {
  const { status, body: made } = await api.send('POST', '/v1/webhooks', { body })
  assert.equal(status, 201, JSON.stringify(made))
  cleanUp(async () => void (await api.send('DELETE', `/v1/webhooks/${made.id}`)))
  return made as { id: string; secret: string }
}
const ended = async (as = api.anna) => {
  const session = await api.session(as)
  const { body } = await api.send('POST', `/v1/sessions/${session}/turns`, {
    as,
    body: { instruction: 'x', images: [] },
  })
  await api.finish(body.generations[0].id)
  return { session, turn: body.turn.id as string, generation: body.generations[0].id as string }
}
const deliveries = async (id: string) => (await api.send('GET', `/v1/webhooks/${id}/deliveries`)).body.data
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
    await eventually('the first attempt', async () => (await deliveries(id))[0]?.lastStatus === 500)
    const [waiting] = await deliveries(id)
    assert.deepEqual([waiting.status, waiting.attempts, waiting.lastError], ['pending', 1, 'answers 500'])
    const seconds = (Date.parse(waiting.nextAttemptAt) - Date.now()) / 1000
    assert.ok(seconds > 1 && seconds < 7, `the next attempt is in ${seconds} s`)
    assert.ok((await api.send('GET', `/v1/webhooks/${id}`)).body.failingSince)
    status = 200
    await hurry(id)
    await eventually('the second', async () => (await deliveries(id))[0]?.status === 'delivered')
    assert.equal(new Set(heard.map(({ headers }) => headers['webhook-id'])).size, 1)
    assert.equal((await api.send('GET', `/v1/webhooks/${id}`)).body.failingSince, null)
    const replay = await api.send('POST', `/v1/webhooks/${id}/deliveries/${waiting.id}/replay`)
    assert.deepEqual([replay.status, replay.body.status], [200, 'pending'])
    await eventually('the replay', () => heard.length === 3)
  })

  it('is given up after a day, and disabled when it says 410 or has failed for days', async () => {
    let status = 503
    const { url } = await receiver((_, response) => response.writeHead(status).end())
    const { id } = await create({ url })
    await ended()
    await eventually('an attempt', async () => (await deliveries(id))[0]?.lastStatus === 503)
    await api.sql('UPDATE deliveries SET attempts = 10 WHERE webhook_id = $1', [id])
    await api.sql(`UPDATE webhooks SET failing_since = now() - interval '4 days' WHERE id = $1`, [id])
    await hurry(id)
    await eventually('the last attempt', async () => (await deliveries(id))[0]?.status === 'failed')
    const { enabled, disabledReason } = (await api.send('GET', `/v1/webhooks/${id}`)).body
    assert.equal(enabled, false)
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
    assert.equal(
      (await api.send('GET', '/v1/webhooks')).body.data.every((one: object) => !('secret' in one)),
      true,
    )
  })
})

describe('the webhook of one turn', () => {
  const turnWith = async (body: object, headers = {}) => {
    const session = await api.session()
    const path = `/v1/sessions/${session}/turns`
    const send = () => api.send('POST', path, { body: { instruction: 'x', images: [], ...body }, headers })
    return { session, send, answer: await send() }
  }
  const hookOf = async (turn: string) =>
    (await api.send('GET', `/v1/webhooks?turn=${turn}`)).body.data as { id: string }[]
  const secretNow = async () => (await api.send('GET', '/v1/webhooks/secret')).body.secret as string

  it('is told of this turn alone, its tries included, and signed with a secret that can be asked for', async () => {
    const { url, heard } = await receiver()
    const secret = await secretNow()
    const { session, answer } = await turnWith({ webhook: { url } })
    assert.equal(answer.status, 202)
    assert.ok(!JSON.stringify(answer.body).includes(url), 'a turn does not show where its messages go')
    const [generation] = answer.body.generations
    await ended()
    await api.finish(generation.id)
    await eventually('the message', () => heard.length === 1)
    const { headers, body, message } = heard[0]!
    assert.deepEqual(
      [message.type, message.data.sessionId, message.data.turnId, message.data.generationId],
      ['generation.succeeded', session, answer.body.turn.id, generation.id],
    )
    await new OpenAI({ apiKey: '-', webhookSecret: secret }).webhooks.unwrap(body, headers as never)

    const next = await api.send('POST', '/v1/webhooks/secret/rotate', { body: { overlapSeconds: 60 } })
    assert.notEqual(next.body.secret, secret)
    assert.equal(await secretNow(), next.body.secret)
    const { body: again } = await api.send('POST', `/v1/generations/${generation.id}/retry`)
    await api.finish(again.id)
    await eventually('the second', () => heard.length === 2)
    for (const one of [secret, next.body.secret])
      await new OpenAI({ apiKey: '-', webhookSecret: one }).webhooks.unwrap(heard[1]!.body, heard[1]!.headers as never)
    assert.equal(heard[1]!.message.data.generationId, again.id)

    const [hook, ...others] = await hookOf(answer.body.turn.id)
    assert.deepEqual(others, [])
    assert.deepEqual(
      (await deliveries(hook!.id)).map(({ type }: any) => type),
      ['generation.succeeded', 'generation.succeeded'],
    )
    assert.ok((await api.send('GET', '/v1/webhooks')).body.data.every(({ id }: any) => id !== hook!.id))
    assert.equal(
      (await api.send('GET', `/v1/webhooks?turn=${answer.body.turn.id}`, { as: api.ben })).body.data.length,
      0,
    )
    assert.equal((await api.send('POST', `/v1/webhooks/${hook!.id}/rotate`)).status, 404, 'it has no secret of its own')
  })

  it('gets what it asked for, beside the webhooks of the owner', async () => {
    const own = await receiver()
    const all = await receiver()
    await create({ url: all.url })
    const events = ['generation.started', 'generation.cancelled', 'generation.started']
    const { answer } = await turnWith({ webhook: { url: own.url, events } })
    await api.send('POST', `/v1/generations/${answer.body.generations[0].id}/cancel`)
    await eventually('both', () => own.heard.length > 0 && all.heard.length > 0)
    assert.deepEqual(
      [...own.heard, ...all.heard].map(({ message }) => message.type),
      ['generation.cancelled', 'generation.cancelled'],
    )
  })

  it('is one, however often the turn is sent again with its key', async () => {
    const { url, heard } = await receiver()
    const { send, answer } = await turnWith({ webhook: { url } }, { 'idempotency-key': 'turn-with-a-webhook' })
    const repeat = await send()
    assert.deepEqual([repeat.status, repeat.body.turn.id], [202, answer.body.turn.id])
    assert.equal((await hookOf(answer.body.turn.id)).length, 1)
    await api.finish(answer.body.generations[0].id)
    const [hook] = await hookOf(answer.body.turn.id)
    await eventually('the message', async () => (await deliveries(hook!.id))[0]?.status === 'delivered')
    assert.equal(heard.length, 1)
  })

  it('goes with its turn, and neither a fork nor an export has it', async () => {
    const { url, heard } = await receiver((_, response) => response.writeHead(500).end())
    const { session, answer } = await turnWith({ webhook: { url } })
    await api.finish(answer.body.generations[0].id)
    const turn = answer.body.turn.id as string
    const [hook] = await hookOf(turn)
    await eventually('an attempt', () => heard.length > 0)
    const fork = await api.send('POST', `/v1/sessions/${session}/fork`, { body: {} })
    const [copy] = (await api.send('GET', `/v1/sessions/${fork.body.id}`)).body.turns
    assert.deepEqual(await hookOf(copy.id), [])
    assert.equal((await api.sql('SELECT 1 FROM webhooks WHERE url = $1', [url])).length, 1)
    assert.equal((await api.send('DELETE', `/v1/turns/${turn}`)).status, 204)
    assert.equal((await api.send('GET', `/v1/webhooks/${hook!.id}`)).status, 404)
    assert.deepEqual(await api.sql('SELECT 1 FROM deliveries WHERE webhook_id = $1', [hook!.id]), [])
  })

  it('is refused with its turn when it may not lead there, and nothing is written', async () => {
    const session = await api.session()
    for (const webhook of [
      { url: 'http://169.254.169.254/latest' },
      { url: 'http://[::ffff:10.0.0.1]/' },
      { url: 'https://a:b@example.com/' },
      { url: 'ftp://example.com/' },
      { url: 'https://example.com/', events: ['turn.created'] },
      { url: 'https://example.com/', events: [] },
      { url: 'https://example.com/', secret: 'x' },
      {},
      'https://example.com/',
      null,
    ])
      for (const path of [`/v1/sessions/${session}/turns`, '/v1/turns/dry-run']) {
        const { status, body } = await api.send('POST', path, { body: { instruction: 'x', images: [], webhook } })
        assert.deepEqual([status, body.error.code], [400, 'invalid_request'], `${path} ${JSON.stringify(webhook)}`)
        assert.match(JSON.stringify(body.error.details), /webhook/)
      }
    assert.deepEqual((await api.send('GET', `/v1/sessions/${session}`)).body.turns, [])
  })

  it('keeps nobody else waiting, however many of them do not answer', async () => {
    const deaf = await receiver(() => {})
    const { url, heard } = await receiver()
    for (let n = 0; n < 12; n++) {
      const { answer } = await turnWith({ webhook: { url: deaf.url, events: ['generation.cancelled'] } })
      await api.send('POST', `/v1/generations/${answer.body.generations[0].id}/cancel`)
    }
    await eventually('the first', () => deaf.heard.length > 0)
    await create({ url })
    await ended()
    await eventually('the message', () => heard.length > 0)
    assert.equal(deaf.heard.length, 1, 'those of turns are told one thing at a time')
    await api.sql(`UPDATE webhooks SET enabled = false WHERE turn_id IS NOT NULL`)
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
