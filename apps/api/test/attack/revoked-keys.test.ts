import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { cleanUpAfterEach, eventually, quickest } from '@atelier/testing'
import { io } from 'socket.io-client'
import { startTestApi, type Person, type TestApi } from '../support/test-api.js'

const cleanUp = cleanUpAfterEach()
const mostMs = 1000

let api: TestApi
let url: string
/** Statements that ask who a token belongs to. */
let asked = 0
/** How often it was asked which keys of open connections hold. */
let looked = 0
/** True: no notice of the database is heard, as when its connection has just been lost. */
let deaf = false
beforeAll(async () => {
  api = await startTestApi((d) => ({
    ...d,
    database: {
      ...d.database,
      credentials: {
        ...d.database.credentials,
        authenticate: (token) => {
          asked += 1
          return d.database.credentials.authenticate(token)
        },
        standing: (ids) => d.database.credentials.standing(ids).finally(() => (looked += 1)),
      },
      listen: async () => {
        const wakeups = await d.database.listen()
        return { ...wakeups, onKeyChange: (hear) => wakeups.onKeyChange((id) => deaf || hear(id)) }
      },
    },
  }))
  url = await api.listen()
})
afterAll(() => api.close())

interface NewKey extends Person {
  id: string
}
async function newKey(body: object = {}): Promise<NewKey> {
  const { body: key } = await api.send('POST', '/v1/admin/keys', { as: api.admin, body: { name: 'k', ...body } })
  return { ...key, headers: { authorization: `Bearer ${key.token}` } } as NewKey
}
const status = async (as: Person) => (await api.send('GET', '/v1/models', { as })).status
/** As another API process, or a person at the database, would do it. */
const revokeElsewhere = ({ id }: NewKey) => api.database.admin.revokeKey(id)

/** A joined socket and an open stream; resolves with the milliseconds until both have ended. */
async function connections(key: NewKey): Promise<{ socket: ReturnType<typeof io>; ended: Promise<number> }> {
  const sessionId = await api.session(key)
  const socket = io(url, { auth: { token: key.token }, transports: ['websocket'], reconnection: false })
  cleanUp(() => void socket.close())
  await socket.timeout(30_000).emitWithAck('session:join', { sessionId })
  const stream = await fetch(`${url}/v1/sessions/${sessionId}/events`, { headers: key.headers })
  const reader = stream.body!.getReader()
  const streamEnded = (async () => {
    while (!(await reader.read()).done);
  })()
  const socketEnded = new Promise((resolve) => socket.once('disconnect', resolve))
  const ended = Promise.all([socketEnded, streamEnded]).then(() => performance.now())
  return { socket, ended }
}

/** Until it has just been looked which keys hold, so that what the next look ends takes as long as it ever can. */
async function afterALook(): Promise<void> {
  const before = looked
  await eventually('a look at the keys', () => looked > before)
}

describe('a revoked key', () => {
  for (const [name, silent] of [
    ['ends requests, sockets and streams at once', false],
    ['does so within a second when the notice is lost', true],
  ] as const) {
    it(name, async () => {
      deaf = silent
      cleanUp(() => {
        deaf = false
      })
      const took = await quickest(mostMs + 300, async () => {
        const key = await newKey()
        const { ended } = await connections(key)
        await afterALook()
        assert.equal(await status(key), 200)
        const began = performance.now()
        await revokeElsewhere(key)
        const ms = (await ended) - began
        // a timer may ring a moment too early
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, mostMs + 10 - (performance.now() - began))))
        assert.equal(await status(key), 401)
        return ms
      })
      assert.ok(took <= mostMs + 300, `after ${took.toFixed(0)} ms`)
    })
  }

  it('changes nothing by a socket that is still open', async () => {
    const key = await newKey()
    const sessionId = await api.session(key)
    const { socket } = await connections(key)
    const before = await api.count()
    await revokeElsewhere(key)
    const answer = (await socket
      .timeout(2000)
      .emitWithAck('turn:create', { sessionId, instruction: 'x', images: [] })
      .catch(() => ({ error: { code: 'unauthorized' } }))) as { error?: { code: string } }
    assert.equal(answer.error?.code, 'unauthorized')
    assert.deepEqual(await api.count(), before)
  })
})

describe('the end of a key', () => {
  it('comes by itself, for requests, sockets and streams', async () => {
    const most = 1500 + mostMs + 300
    const took = await quickest(most, async () => {
      const key = await newKey({ expiresAt: new Date(Date.now() + 3_600_000).toISOString() })
      const { ended } = await connections(key)
      await afterALook()
      // the hour has passed but for a moment
      const began = performance.now()
      await api.sql(`UPDATE keys SET expires_at = now() + interval '1.5 seconds' WHERE id = $1`, [key.id])
      const ms = (await ended) - began
      assert.equal(await status(key), 401)
      assert.ok(ms > 1000, `after ${ms.toFixed(0)} ms`)
      return ms
    })
    assert.ok(took < most, `after ${took.toFixed(0)} ms`)
  })

  it('must be in the future', async () => {
    const before = await api.count()
    for (const expiresAt of ['2020-01-01T00:00:00Z', 'soon', new Date().toISOString()]) {
      const { status: refused } = await api.send('POST', '/v1/admin/keys', {
        as: api.admin,
        body: { name: 'x', expiresAt },
      })
      assert.equal(refused, 400, expiresAt)
    }
    assert.deepEqual(await api.count(), before)
  })

  it('is given to a key that holds, and taken back, by administrators alone', async () => {
    const end = (id: string, expiresAt: unknown, as = api.admin) =>
      api.send('PATCH', `/v1/admin/keys/${id}`, { as, body: { expiresAt } })
    const key = await newKey()
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString()
    assert.equal((await end(key.id, tomorrow)).body.expiresAt, tomorrow)
    for (const wrong of ['2020-01-01T00:00:00Z', 'soon', undefined])
      assert.equal((await end(key.id, wrong)).status, 400)
    assert.equal((await end(key.id, null, key)).status, 403)
    assert.equal((await end('key_0000000000000000', tomorrow)).status, 404)
    assert.equal((await end(key.id, null)).body.expiresAt, null)
    const { ended } = await connections(key)
    assert.equal((await end(key.id, new Date(Date.now() + 5000).toISOString())).status, 200)
    await ended
    assert.equal(await status(key), 401)
    // what has ended does not come back
    assert.equal((await end(key.id, null)).status, 404)
    assert.equal(await status(key), 401)
  })
})

describe('rotating a key', () => {
  const rotate = (id: string, body: object = {}, as = api.admin) =>
    api.send('POST', `/v1/admin/keys/${id}/rotate`, { as, body })

  it('makes another of the same owner, while the old one holds for a time', async () => {
    const key = await newKey({ scopes: ['user', 'user', 'admin'] })
    const { status: made, body } = await rotate(key.id, { overlapSeconds: 60 })
    assert.equal(made, 201)
    assert.deepEqual([body.ownerId, body.scopes, body.expiresAt], [key.ownerId, ['user', 'admin'], null])
    const next = { ...body, headers: { authorization: `Bearer ${body.token}` } } as NewKey
    assert.deepEqual([await status(key), await status(next)], [200, 200])
    // as if the minute had passed
    await api.sql(`UPDATE keys SET expires_at = expires_at - interval '60 seconds' WHERE id = $1`, [key.id])
    await eventually('the old one has ended', async () => (await status(key)) === 401)
    assert.equal(await status(next), 200)
    assert.equal((await rotate(key.id)).status, 404)
  })

  it('ends the old one at once when asked to, and keeps a lifetime', async () => {
    const key = await newKey({ expiresAt: new Date(Date.now() + 3_600_000).toISOString() })
    const { body } = await rotate(key.id, { overlapSeconds: 0 })
    assert.ok(Math.abs(Date.parse(body.expiresAt) - Date.now() - 3_600_000) < 5000, body.expiresAt)
    assert.equal(await status(key), 401)
  })

  it('is for administrators, within limits', async () => {
    const key = await newKey()
    assert.equal((await rotate(key.id, {}, key)).status, 403)
    assert.equal((await rotate(key.id, { overlapSeconds: 31 * 86_400 })).status, 400)
    assert.equal((await rotate('key_0000000000000000')).status, 404)
    assert.equal(await status(key), 200)
  })
})

describe('knowing a key', () => {
  it('asks the database once a second at most, however many requests come', async () => {
    const key = await newKey()
    asked = 0
    const began = performance.now()
    await Promise.all(Array.from({ length: 100 }, () => status(key)))
    for (let n = 0; n < 100; n++) assert.equal(await status(key), 200)
    const most = Math.max(3, 1 + Math.ceil((performance.now() - began) / 1000))
    assert.ok(asked <= most, `${asked} times, and not ${most}`)
  })

  it('never mixes people up', async () => {
    const people = await Promise.all(Array.from({ length: 20 }, () => newKey()))
    await Promise.all(
      people.flatMap((person) =>
        Array.from({ length: 5 }, async () => {
          const { body } = await api.send('POST', '/v1/browser-sessions', { as: null, body: { key: person.token } })
          assert.equal(body.ownerId, person.ownerId)
        }),
      ),
    )
  })

  it('refuses what is no key', async () => {
    const { token } = await newKey()
    const wrong = token.slice(0, -1) + (token.endsWith('0') ? '1' : '0')
    for (const bad of [wrong, `${token}0`, token.slice(0, -1), token.toUpperCase(), 'atl_x', `x${token}`]) {
      const person = { token: bad, ownerId: '', headers: { authorization: `Bearer ${bad}` } }
      assert.equal(await status(person), 401, bad)
    }
  })

  it('takes keys made before there were checksums', async () => {
    const { id, ...key } = await newKey()
    const old = key.token.slice(0, 44)
    await api.sql('UPDATE keys SET token_hash = encode(sha256($1::bytea), $2) WHERE id = $3', [
      Buffer.from(old),
      'hex',
      id,
    ])
    assert.equal(await status({ ...key, headers: { authorization: `Bearer ${old}` } }), 200)
  })
})
