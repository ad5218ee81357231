import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { errorBodySchema } from '@atelier/contracts'
import { pino } from 'pino'
import { io, type Socket } from 'socket.io-client'
import { hostileTexts, hostileValues } from '../support/hostile.js'
import { startTestApi, type TestApi } from '../support/test-api.js'

let api: TestApi
let socket: Socket
let session: string
const faults: string[] = []

beforeAll(async () => {
  api = await startTestApi((d) => ({ ...d, logger: pino({ level: 'error' }, { write: (line) => faults.push(line) }) }))
  session = await api.session()
  socket = io(await api.listen(), { auth: { token: api.anna.token }, transports: ['websocket'], reconnection: false })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', reject)
  })
})
afterAll(async () => {
  socket.close()
  await api.close()
})

const names = ['session:join', 'session:leave', 'turn:create', 'generation:cancel']
const ask = (name: string, ...given: unknown[]): Promise<unknown> =>
  socket.timeout(30_000).emitWithAck(name, ...given) as Promise<unknown>
/** An error that is the caller's, or the answer of a message that means no harm. */
const acknowledged = async (name: string, ...given: unknown[]) => {
  const answer = await ask(name, ...given)
  const { data } = errorBodySchema.safeParse(answer)
  const harmless = name === 'session:leave' || (given[0] as { sessionId?: string } | null)?.sessionId === session
  assert.ok(data ? data.error.code !== 'internal' : harmless, JSON.stringify([name, given, answer]))
}
const refused = async (name: string, ...given: unknown[]) => {
  const { error } = errorBodySchema.parse(await ask(name, ...given))
  assert.notEqual(error.code, 'internal', JSON.stringify([name, given]))
  return error
}

describe('every message is acknowledged', () => {
  it.each(names)('%s, whatever it brings', async (name) => {
    await refused(name)
    for (const value of [...hostileTexts, ...hostileValues, Buffer.from('x')]) {
      await acknowledged(name, value)
      for (const field of ['sessionId', 'generationId', 'instruction', 'afterSeq']) {
        await acknowledged(name, { [field]: value })
        await acknowledged(name, { sessionId: session, [field]: value })
      }
    }
    await refused(name, { sessionId: session, generationId: 'gen_0000000000000000' }, 'more')
    assert.deepEqual(faults, [])
  })

  it.each(['no:such', '', '__proto__', 'constructor', 'toString', 'error', 'turn-created', 'x'.repeat(10_000), '\0'])(
    'also one that does not exist (%#)',
    async (name) => {
      const { code, message } = await refused(name, { sessionId: session })
      assert.equal(code, 'invalid_request')
      assert.ok(message.length < 300)
    },
  )

  it('also one whose name is a number', async () => {
    assert.equal((await refused(7 as unknown as string, {})).code, 'invalid_request')
  })

  it('with unknown fields by name', async () => {
    for (const [name, message] of [
      ['session:join', { sessionId: session, since: 1 }],
      ['turn:create', { sessionId: session, instruction: 'x', since: 1 }],
    ] as const) {
      assert.deepEqual((await refused(name, message)).details, [
        { path: 'since', message: 'is not a field of this request' },
      ])
    }
  })

  it('by an event when it brings no function for that', async () => {
    const heard: { name: string; result: unknown }[] = []
    socket.on('acknowledgement', (answer) => heard.push(answer as (typeof heard)[number]))
    socket.emit('session:leave', { sessionId: session })
    socket.emit('no:such')
    await ask('session:leave', { sessionId: session })
    assert.deepEqual(heard.map(({ name }) => name).sort(), ['no:such', 'session:leave'])
    const resultOf = (asked: string) => heard.find(({ name }) => name === asked)!.result
    assert.deepEqual(resultOf('session:leave'), {})
    assert.equal(errorBodySchema.parse(resultOf('no:such')).error.code, 'invalid_request')
  })
})
