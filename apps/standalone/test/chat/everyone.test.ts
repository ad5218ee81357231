import assert from 'node:assert/strict'
import { afterAll, beforeAll, it } from '@jest/globals'
import { describeUnless, eventually, sharedBrowser } from '@atelier/testing'
import type { Page } from 'playwright-core'
import { axeFaults } from './axe-faults.js'
import { makeConversation, makeFailure, title } from './make-conversation.js'
import { phone, picturesCome, startChat, turnOf, type Chat } from './start-chat.js'
import { states } from './states.js'

const chromiumServer = sharedBrowser()

describeUnless(chromiumServer.missing)('the chat, for everyone', () => {
  let chat: Chat
  let sessionId: string
  let failedId: string
  beforeAll(async () => {
    chat = await startChat(chromiumServer.url)
    failedId = await makeFailure(chat)
    sessionId = await makeConversation(chat.api)
  })
  afterAll(() => chat?.close())

  /** Goes through all states on one device, in one browser that remembers nothing from one state to the next. */
  const lookThrough = async (device: 'desktop' | 'phone'): Promise<string[]> => {
    const options = { ...(device === 'phone' && phone), probes: ['localStorage.clear()'] }
    const [page, stranger] = await Promise.all([chat.open(null, options), chat.open(null, { ...options, key: null })])
    const found: string[] = []
    for (const [name, { show, signedOut = false }] of Object.entries(states)) {
      const on = signedOut ? stranger : page
      const end = await show(on, { chat, sessionId, failedId, narrow: device === 'phone' })
      try {
        found.push(...(await axeFaults(on)).map((fault) => `${name}, ${device}: ${fault}`))
      } finally {
        await end?.()
      }
    }
    await Promise.all([page, stranger].map((one) => one.context().close()))
    return found
  }

  it(
    'has nothing that axe finds in any state, light and dark, large and small',
    async () => {
      assert.deepEqual((await Promise.all([lookThrough('desktop'), lookThrough('phone')])).flat(), [])
    },
    // there are many states
    15 * 60_000,
  )

  it('is used by the keyboard alone', async () => {
    const page = await chat.open()
    const focused = () =>
      page.evaluate(`(() => {
      const element = document.activeElement
      return element.getAttribute('aria-label') ?? element.textContent.trim()
    })()`) as Promise<string>
    const tabTo = async (name: string | RegExp, key = 'Tab') => {
      for (let n = 0; n < 80; n += 1) {
        const now = await focused()
        if (typeof name === 'string' ? now === name : name.test(now)) return
        await page.keyboard.press(key)
      }
      throw new Error(`the focus never came to ${name}; it is at ${await focused()}`)
    }
    await page.getByRole('textbox', { name: 'Instruction' }).waitFor()
    await tabTo('Instruction')
    await page.keyboard.type('a red circle on a blue background')
    await page.keyboard.press('Enter')
    await picturesCome(page, 'a red circle')
    assert.equal(await focused(), 'Instruction')
    // the last instruction comes back
    await page.keyboard.press('ArrowUp')
    await eventually('it is back', async () =>
      /a red circle/.test((await page.getByRole('textbox', { name: 'Instruction' }).textContent()) ?? ''),
    )
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.type('make the circle green')
    await page.keyboard.press('Enter')
    await picturesCome(page, 'make the circle green')
    // a mask, without a mouse
    await page.getByRole('button', { name: 'Mask', exact: true }).waitFor()
    await tabTo('Mask')
    await page.keyboard.press('Enter')
    await page.getByRole('application', { name: /^Mask/ }).waitFor()
    await tabTo('Invert')
    await page.keyboard.press('Enter')
    await tabTo('Use mask')
    await page.keyboard.press('Enter')
    await page.getByText('Mask: keep').waitFor()
    // a version, a menu, a dialog and back
    await tabTo('Edit and resend', 'Shift+Tab')
    await tabTo('More for this turn')
    await page.keyboard.press('Enter')
    await page.getByRole('menuitem', { name: 'What the model saw' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'What the model saw' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await eventually('the focus is back', async () => (await focused()) === 'More for this turn')
    // the sheet of shortcuts
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Shortcuts' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.context().close()
  })

  it('is used on a phone, by touch', async () => {
    const page = await chat.open('/', phone)
    await page.getByRole('textbox', { name: 'Instruction' }).tap()
    await page.keyboard.insertText('a yellow star on a purple background')
    await page.getByRole('button', { name: 'Send', exact: true }).tap()
    await picturesCome(page, 'a yellow star')
    await turnOf(page, 'a yellow star').locator('figure button').first().tap()
    const stage = page.getByRole('dialog', { name: 'Picture', exact: true })
    await stage.getByRole('button', { name: 'Mask' }).tap()
    const surface = stage.getByRole('application')
    const box = (await surface.boundingBox())!
    const touch = await page.context().newCDPSession(page)
    const at = (share: number) => [{ x: box.x + box.width * share, y: box.y + box.height * share }]
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(0.3) })
    for (const share of [0.4, 0.5, 0.6])
      await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(share) })
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
    await stage.getByRole('button', { name: 'Use mask' }).tap()
    await page.getByText('Mask: keep').waitFor()
    await page.getByRole('textbox', { name: 'Instruction' }).tap()
    await page.keyboard.insertText('make the star green')
    await page.getByRole('button', { name: 'Send', exact: true }).tap()
    await picturesCome(page, 'make the star green')
    await page.getByRole('button', { name: 'Show conversations' }).tap()
    await page.getByRole('dialog', { name: 'Conversations' }).getByRole('link', { name: title }).tap()
    await page.waitForURL(`**/c/${sessionId}`)
    await page.context().close()
  })

  it.each([360, 768, 1024, 1280, 2560])('fits into %i pixels without scrolling sideways', async (width) => {
    const page = await chat.open(`/c/${sessionId}`, { viewport: { width, height: 800 } })
    await page.getByRole('article').first().waitFor()
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width)
    await page.context().close()
  })

  it('takes text from right to left as it is', async () => {
    const page = await chat.open('/')
    const field = page.getByRole('textbox', { name: 'Instruction' })
    await field.click()
    await page.keyboard.insertText('دائرة حمراء')
    const direction = await field.evaluate(
      (element: any) => element.ownerDocument.defaultView.getComputedStyle(element).direction,
    )
    const plain = await field.evaluate(
      (element: any) => element.ownerDocument.defaultView.getComputedStyle(element).unicodeBidi,
    )
    assert.ok(direction === 'rtl' || plain === 'plaintext', `${direction}, ${plain}`)
    // what was sent as well: in the thread, in the title, and in the list
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/c\/ses_/)
    for (const place of [
      page.getByRole('article').getByText('دائرة حمراء'),
      page.getByRole('heading', { level: 1, name: 'دائرة حمراء' }),
      page.getByRole('navigation').getByText('دائرة حمراء'),
    ])
      assert.equal(
        await place.evaluate((element: any) => element.ownerDocument.defaultView.getComputedStyle(element).direction),
        'rtl',
      )
    await page.context().close()
  })

  it('announces what happens to those who do not see it', async () => {
    const page: Page = await chat.open('/')
    await page.locator('[data-announcer]').waitFor({ state: 'attached' })
    await page.evaluate(`
      window.__said = []
      new MutationObserver(() => window.__said.push(document.querySelector('[data-announcer]').textContent))
        .observe(document.querySelector('[data-announcer]'), { childList: true, characterData: true, subtree: true })`)
    await page.getByRole('textbox', { name: 'Instruction' }).click()
    await page.keyboard.insertText('a red circle on a blue background')
    await page.keyboard.press('Enter')
    await eventually(
      'it is said',
      async () => ((await page.evaluate('window.__said.join()')) as string).includes('Picture ready: a red circle'),
      120_000,
    )
    await page.context().close()
  })

  it('had no error in the browser but what the states are about', () => {
    // a wrong key, a conversation that does not exist, a connection that is cut, and what was being fetched then
    const expected = /status of 40[014]|ERR_|WebSocket|Unable to preload CSS|PartNotLoaded/
    assert.deepEqual(
      chat.problems.filter((problem) => !expected.test(problem)),
      [],
    )
  })
})
