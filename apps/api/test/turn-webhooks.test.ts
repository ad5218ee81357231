import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { eventually } from '@atelier/testing'
import OpenAI from 'openai'
import { startTestApi, type TestApi } from './support/test-api.js'
import { webhookSteps } from './support/webhook-steps.js'

let api: TestApi
beforeAll(async () => {
  api = await startTestApi((d) => ({ ...d, settings: { ...d.settings, webhookNetworks: ['127.0.0.1'] } }))
  await api.listen()
})
afterAll(() => api.close())

const { receiver, create, ended, deliveries } = webhookSteps(() => api)

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
    const told = { now: 0, most: 0 }
    const deaf = await receiver((request) => {
      told.now += 1
      told.most = Math.max(told.most, told.now)
      request.socket.once('close', () => (told.now -= 1))
    })
    const { url, heard } = await receiver()
    for (let n = 0; n < 12; n++) {
      const { answer } = await turnWith({ webhook: { url: deaf.url, events: ['generation.cancelled'] } })
      await api.send('POST', `/v1/generations/${answer.body.generations[0].id}/cancel`)
    }
    await eventually('the first', () => deaf.heard.length > 0)
    await create({ url })
    await ended()
    await eventually('the message', () => heard.length > 0)
    assert.equal(told.most, 1, 'those of turns are told one thing at a time')
    await api.sql(`UPDATE webhooks SET enabled = false WHERE turn_id IS NOT NULL`)
  })
})
