import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'

Object.assign(globalThis, {
  document: { baseURI: 'http://atelier.test/' },
  location: { pathname: '/', search: '', hash: '' },
})
const { conversationStore, keptConversation } = await import('../src/conversation/conversation-store.js')

describe('the stores of conversations', () => {
  it('are kept for the last ones, and for the open one as long as it is', () => {
    const open = conversationStore('open')
    const close = open.subscribe(() => {})
    const others = Array.from({ length: 20 }, (_, n) => conversationStore(`${n}`))
    assert.equal(keptConversation('open'), open)
    assert.equal(keptConversation('0'), undefined)
    assert.equal(keptConversation('19'), others[19])
    close()
    conversationStore('another')
    assert.equal(keptConversation('open'), undefined)
  })
})
