import assert from 'node:assert/strict'
import { afterAll, beforeAll, beforeEach, describe, it } from '@jest/globals'
import { newId } from '@atelier/contracts'
import { Atelier, AtelierApiError } from '../src/index.js'
import { eventually } from '@atelier/testing'
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
    const ended = Date.now()
    api.append(sessionId, id)
    assert.equal((await waiting).status, 'succeeded')
    assert.ok(Date.now() - ended < 1_000)
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
    const start = Date.now()
    await assert.rejects(atelier.generations.wait(generation.id, { signal: AbortSignal.timeout(100) }), {
      name: 'TimeoutError',
    })
    assert.ok(Date.now() - start < 2_000)
    await assert.rejects(atelier.generations.wait(newId('generation')), AtelierApiError)
  })
})
