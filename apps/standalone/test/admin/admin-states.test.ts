import assert from 'node:assert/strict'
import { afterAll, beforeAll, it } from '@jest/globals'
import { describeUnless, sharedBrowser } from '@atelier/testing'
import { axeFaults } from '../chat/axe-faults.js'
import { makeConversation, makeFailure } from '../chat/make-conversation.js'
import { phone, startChat, type Chat } from '../chat/start-chat.js'
import { adminStates } from './admin-states.js'

const chromiumServer = sharedBrowser()

describeUnless(chromiumServer.missing)('the dashboard, for everyone', () => {
  let chat: Chat
  let sessionId: string
  let failedId: string
  beforeAll(async () => {
    chat = await startChat(chromiumServer.url)
    failedId = await makeFailure(chat)
    sessionId = await makeConversation(chat.api)
    const headers = { authorization: `Bearer ${chat.key}` }
    for (const action of ['pause', 'resume'])
      await fetch(`${chat.url}/v1/admin/queue/${action}`, { method: 'POST', headers })
  })
  afterAll(() => chat?.close())

  it.each(['desktop', 'phone'] as const)(
    'has nothing that axe finds in any state, light and dark, on a %s',
    async (device) => {
      const page = await chat.open(null, device === 'phone' ? phone : {})
      const found: string[] = []
      for (const [name, { show }] of Object.entries(adminStates)) {
        const end = await show(page, { chat, sessionId, failedId, narrow: device === 'phone' })
        try {
          found.push(...(await axeFaults(page)).map((fault) => `${name}: ${fault}`))
        } finally {
          await end?.()
        }
      }
      assert.deepEqual(found, [])
      await page.context().close()
    },
    // there are many states
    15 * 60_000,
  )
})
