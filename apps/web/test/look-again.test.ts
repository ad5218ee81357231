import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it, jest } from '@jest/globals'

const kept: Record<string, string> = {}
const localStorage = {
  getItem: (key: string) => kept[key] ?? null,
  setItem: (key: string, value: string) => void (kept[key] = value),
}
const location = { pathname: '/', search: '', hash: '' }
const me = { ownerId: 'own_ada', key: { id: 'key_1', name: 'Key' } }
/** What the server answers to the next calls; after that it says who is signed in. */
const planned: (number | Promise<number>)[] = []
let calls = 0
Object.assign(globalThis, {
  window: Object.assign(new EventTarget(), { location, localStorage }),
  document: Object.assign(new EventTarget(), { baseURI: 'http://atelier.test/' }),
  location,
  localStorage,
  BroadcastChannel: class extends EventTarget {
    postMessage() {}
  },
  fetch: async () => {
    calls++
    const status = (await planned.shift()) ?? 200
    const code = status === 401 ? 'unauthorized' : 'internal'
    return Response.json(status < 300 ? me : { error: { code, message: code, requestId: '' } }, { status })
  },
})
const { lookAgain, renewals, signIn, signInState } = await import('../src/app/sign-in-state.js')

describe('looking again whether the browser is signed in', () => {
  beforeAll(async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] })
    await signIn('a key')
  })
  afterAll(() => {
    jest.useRealTimers()
  })
  /** Lets time pass, and answers arrive. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed <= ms; passed += 500) {
      await jest.advanceTimersByTimeAsync(passed === 0 ? 0 : 500)
      for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
    }
  }

  it('goes on until there is an answer when a call was refused, and then begins anew', async () => {
    planned.push(500, 500)
    lookAgain(true)
    await pass(4_000)
    assert.deepEqual([signInState.state, renewals.state], ['signed in', 0])
    await pass(8_000)
    assert.deepEqual([signInState.state, renewals.state], ['signed in', 1])
    calls = 0
    await pass(60_000)
    assert.equal(calls, 0)
  })

  it('begins anew only after a pause when calls are refused all the same', async () => {
    const before = renewals.state
    const stop = renewals.subscribe(() => lookAgain(true))
    lookAgain(true)
    await pass(14_000)
    stop()
    await pass(10_000)
    assert.ok(renewals.state - before <= 4, `${renewals.state - before} times`)
  })

  it('looks once more when it was asked to during a look, whose answer may be older', async () => {
    let answer = (_status: number) => {}
    planned.push(new Promise((resolve) => (answer = resolve)), 401)
    lookAgain()
    await pass(0)
    lookAgain(true)
    lookAgain()
    calls = 0
    answer(200)
    await pass(0)
    assert.deepEqual([signInState.state, calls], ['ended', 1])
  })
})
