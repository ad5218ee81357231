import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { cleanUpAfterEach, eventually } from '@atelier/testing'
import type { LiveEvent } from '@atelier/contracts'
import { io } from 'socket.io-client'
import { startTestApi, type TestApi } from './support/test-api.js'

const cleanUp = cleanUpAfterEach()
const joined = 30

// an API that hears no notice of its database, as one whose connection a firewall has forgotten
describe('without wake-ups', () => {
  let api: TestApi
  let url: string
  const asked: number[] = []
  let read = 0
  beforeAll(async () => {
    api = await startTestApi((d) => ({
      ...d,
      database: {
        ...d.database,
        listen: async () => ({ ...(await d.database.listen()), onSessionEvents: () => {} }),
        lastSeqs: (ids) => {
          asked.push(ids.length)
          return d.database.lastSeqs(ids)
        },
        forOwner: (id) => {
          const owner = d.database.forOwner(id)
          const list: typeof owner.events.list = (...query) => {
            read += 1
            return owner.events.list(...query)
          }
          return { ...owner, events: { ...owner.events, list } }
        },
      },
    }))
    url = await api.listen()
  })
  afterAll(() => api.close())

  it('one query looks after all joined sessions, and those with news are read', async () => {
    const socket = io(url, { auth: { token: api.anna.token }, transports: ['websocket'], reconnection: false })
    cleanUp(() => socket.close())
    const heard: LiveEvent[] = []
    socket.on('turn-created', (event: LiveEvent) => heard.push(event))
    const sessions: string[] = []
    for (let n = 0; n < joined; n++) {
      sessions.push(await api.session())
      await socket.timeout(30_000).emitWithAck('session:join', { sessionId: sessions[n] })
    }
    await eventually('the first reads', () => read === joined)
    asked.length = 0
    await eventually('two looks', () => asked.length === 2)
    assert.deepEqual(asked, [joined, joined])
    assert.equal(read, joined)
    await api.send('POST', `/v1/sessions/${sessions[7]!}/turns`, { body: { instruction: 'x', images: [] } })
    await eventually('the turn', () => heard.length === 1)
    assert.equal(heard[0]!.sessionId, sessions[7])
    assert.equal(read, joined + 1)
  })
})
