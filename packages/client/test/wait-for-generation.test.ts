import assert from 'node:assert/strict'
import { afterAll, beforeAll, beforeEach, describe, it } from '@jest/globals'
import { newId } from '@atelier/contracts'
import { Atelier, AtelierApiError } from '../src/index.js'
import { eventually, startStopwatch } from '@atelier/testing'
import { TinyApi, tinyToken } from './tiny-api.js'

describe('waiting for a generation', () => {
  const api = new TinyApi()
  let atelier: Atelier
  beforeAll(async () => {
    await api.start()
    atelier = new Atelier({ url: api.url, token: tinyToken })
  })
  afterAll(() => api.stop())
  beforeEach(() => {
    api.fault = () => undefined
    api.refuseSocket = () => undefined
    api.joins = 0
  })

  it('hears of its steps and answers it as soon as it has ended', async () => {
    const { id, sessionId, turnId } = api.addGeneration(api.addSession().id)
    const steps: number[] = []
    const waiting = atelier.generations.wait(id, { onProgress: ({ step }) => steps.push(step) })
    await eventually('it joined', () => api.joins === 1)
    for (const step of [1, 2]) api.progress({ sessionId, turnId, generationId: id, attempt: 1, step, steps: 4 })
    api.progress({ sessionId, turnId, generationId: newId('generation'), attempt: 1, step: 9, steps: 9 })
    await eventually('its steps', () => steps.length === 2)
    api.generations.get(id)!.status = 'succeeded'
    const watch = startStopwatch()
    api.append(sessionId, id)
    assert.equal((await waiting).status, 'succeeded')
    assert.ok(watch.stop() < 1_000)
    assert.deepEqual(steps, [1, 2])
  })

  it('answers one that has ended already', async () => {
    const generation = api.addGeneration(api.addSession().id)
    generation.status = 'failed'
    assert.equal((await atelier.generations.wait(generation.id)).status, 'failed')
    assert.equal(api.joins, 0)
  })

  it('works where sockets cannot pass', async () => {
    api.refuseSocket = () => 'unavailable'
    const generation = api.addGeneration(api.addSession().id)
    setTimeout(() => {
      generation.status = 'cancelled'
    }, 50)
    assert.equal((await atelier.generations.wait(generation.id)).status, 'cancelled')
  })

  it('stops when it is aborted, and when there is nothing to wait for', async () => {
    const generation = api.addGeneration(api.addSession().id)
    const watch = startStopwatch()
    await assert.rejects(atelier.generations.wait(generation.id, { signal: AbortSignal.timeout(100) }), {
      name: 'TimeoutError',
    })
    assert.ok(watch.stop() < 2_000)
    await assert.rejects(atelier.generations.wait(newId('generation')), AtelierApiError)
  })
  describe('while the server is away', () => {
    let impatient: Atelier
    beforeAll(() => {
      impatient = new Atelier({ url: api.url, token: tinyToken, retries: 0 })
    })
    let refused = 0
    const refuse = (fault: ReturnType<TinyApi['fault']>) => {
      refused = 0
      api.fault = ({ method, url }) => {
        if (method !== 'GET' || !url.startsWith('/v1/generations/')) return undefined
        refused++
        return fault
      }
    }

    it('goes on', async () => {
      const generation = api.addGeneration(api.addSession().id)
      const waiting = impatient.generations.wait(generation.id)
      waiting.catch(() => {})
      await eventually('it joined', () => api.joins === 1)
      for (const fault of ['drop', { status: 429 }, { status: 503 }, { status: 502 }] as const) {
        refuse(fault)
        api.append(generation.sessionId, generation.id)
        await eventually('it was refused', () => refused, 10_000)
      }
      generation.status = 'succeeded'
      api.fault = () => undefined
      assert.equal((await waiting).status, 'succeeded')
    })

    it('goes on with a turn that it has created', async () => {
      refuse({ status: 503 })
      const running = impatient.turns.run(api.addSession().id, { instruction: 'a red circle' })
      running.catch(() => {})
      await eventually('it was refused', () => refused)
      const [generation] = [...api.generations.values()].slice(-1)
      generation!.status = 'succeeded'
      api.fault = () => undefined
      const { turn, generations } = await running
      assert.deepEqual([turn.id, generations[0]!.status], [generation!.turnId, 'succeeded'])
    })

    it('gives up when that takes minutes', async () => {
      const generation = api.addGeneration(api.addSession().id)
      const waiting = assert.rejects(impatient.generations.wait(generation.id), { status: 503 })
      await eventually('it joined', () => api.joins === 1)
      refuse({ status: 503 })
      api.append(generation.sessionId, generation.id)
      await eventually('it was refused', () => refused)
      const { now } = Date
      Date.now = () => now() + 5 * 60_000
      try {
        await waiting
      } finally {
        Date.now = now
      }
    })
  })
})
