import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'

const kept: Record<string, string> = {}
const storage = Object.defineProperties(kept, {
  getItem: { value: (key: string) => kept[key] ?? null },
  setItem: { value: (key: string, value: string) => void (kept[key] = value) },
  removeItem: { value: (key: string) => void delete kept[key] },
})
let reload = () => {}
const reloaded = new Promise<void>((resolve) => (reload = resolve))
let ownerId = 'own_ada'
let tab: Record<string, string> = { 'atelier.stage.new': '{}' }
const location = { pathname: '/', search: '', hash: '', reload: () => reload() }
Object.assign(globalThis, {
  window: Object.assign(new EventTarget(), { location, localStorage: storage }),
  document: Object.assign(new EventTarget(), { baseURI: 'http://atelier.test/' }),
  location,
  localStorage: storage,
  sessionStorage: { clear: () => (tab = {}) },
  BroadcastChannel: class extends EventTarget {
    postMessage() {}
  },
  fetch: async () => Response.json({ ownerId, key: { id: 'key_1', name: 'Key' } }, { status: 201 }),
})
const { draftStore } = await import('../src/draft/draft-store.js')
const { signedInAs, signIn, signInState } = await import('../src/app/sign-in-state.js')

describe('signing in', () => {
  it('keeps what the same person has left, and forgets what somebody else has', async () => {
    kept['atelier.draft.new'] = '{}'
    kept['atelier/other.draft.new'] = '{}'
    await signIn('a key')
    assert.deepEqual(
      [signInState.state, Object.keys(kept)],
      ['signed in', ['atelier.draft.new', 'atelier/other.draft.new', 'atelier.owner']],
    )
    await signIn('another key')
    assert.ok('atelier.draft.new' in kept && 'atelier.stage.new' in tab)
    ownerId = 'own_ben'
    draftStore('ses_1').set((draft) => ({ ...draft, text: 'a secret plan' }))
    void signIn('somebody else')
    await reloaded
    draftStore('ses_2').set((draft) => ({ ...draft, text: 'another' }))
    window.dispatchEvent(new Event('pagehide'))
    assert.deepEqual([kept, tab], [{ 'atelier/other.draft.new': '{}', 'atelier.owner': 'own_ben' }, {}])
    // Until it is, it takes nobody else's name.
    assert.equal(signedInAs.state?.ownerId, 'own_ada')
  })
})
