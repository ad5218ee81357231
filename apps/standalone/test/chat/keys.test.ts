import assert from 'node:assert/strict'
import { afterAll, beforeAll, it } from '@jest/globals'
import { describeUnless, eventually, sharedBrowser } from '@atelier/testing'
import { say, startChat, type Chat } from './start-chat.js'

const chromiumServer = sharedBrowser()

describeUnless(chromiumServer.missing)('keys and the browser', () => {
  let chat: Chat
  beforeAll(async () => {
    chat = await startChat(chromiumServer.url)
  })
  afterAll(() => chat?.close())

  const admin = async (method: string, path: string, body?: object) => {
    const headers = { authorization: `Bearer ${chat.key}`, ...(body && { 'content-type': 'application/json' }) }
    return fetch(`${chat.url}/v1/admin/${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) })
  }
  const newKey = async (name: string, ownerId?: string) =>
    (await (await admin('POST', 'keys', { name, ownerId })).json()) as { id: string; token: string; ownerId: string }
  const link = () => /#sign-in=[0-9a-f]{64}/.exec(chat.stack.output())![0]
  const signedOut = { key: null }
  const instruction = { name: 'Instruction' }

  it('signs in by the link that npm start printed, which leaves no trace in the address', async () => {
    const page = await chat.open(`/${link()}`, signedOut)
    await page.getByRole('textbox', instruction).waitFor()
    assert.equal(page.url(), `${chat.url}/`)
    assert.equal(await page.evaluate('document.cookie'), '')
    for (const address of [chat.url, `${chat.url}/${link()}`]) {
      const tab = await page.context().newPage()
      await tab.goto(address)
      await tab.getByRole('textbox', instruction).waitFor()
    }
    await page.context().close()
  })

  it('asks another browser for a key: without a link, or with one that was used', async () => {
    const page = await chat.open('/', signedOut)
    await page.getByLabel('Your key').waitFor()
    await page.goto('about:blank')
    await page.goto(`${chat.url}/${link()}`)
    await page.getByText(/used before/).waitFor()
    await page.getByLabel('Your key').fill('atl_wrong')
    await page.keyboard.press('Enter')
    await page.getByText(/not valid/).waitFor()
    await page.getByLabel('Your key').fill(chat.key)
    await page.keyboard.press('Enter')
    await page.getByRole('textbox', instruction).waitFor()
    await page.reload()
    await page.getByRole('textbox', instruction).waitFor()
    await page.goto(`${chat.url}/admin/queues`)
    await page.getByText('generations').first().waitFor()
    await page.context().close()
  })

  it('says which key it is and what is in use, and signs all tabs out without leaving anything', async () => {
    const { token } = await newKey('Ada')
    const page = await chat.open('/', { key: token })
    await say(page, 'a red circle on a blue background')
    await page
      .getByRole('navigation')
      .getByRole('link', { name: /a red circle/ })
      .waitFor()
    await page.getByRole('textbox', instruction).click()
    await page.keyboard.insertText('a secret plan')
    const tab = await page.context().newPage()
    await tab.goto(chat.url)
    await tab.getByRole('textbox', instruction).waitFor()
    await page.getByRole('button', { name: 'Signed in with the key “Ada”' }).click()
    const about = page.getByRole('dialog')
    await about.getByText(`${token.slice(0, 8)}…`).waitFor()
    await about
      .getByText(/^1 of /)
      .first()
      .waitFor()
    await about.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Your key').waitFor()
    await eventually('no draft is left', async () => {
      const kept = (await page.evaluate('JSON.stringify({ ...localStorage })')) as string
      return !kept.includes('secret plan')
    })
    assert.equal((await page.request.get(`${chat.url}/v1/sessions`)).status(), 401)
    await page.getByText('You are signed out.').waitFor()
    await tab.getByText(/signed out elsewhere/).waitFor()
    // signing in here signs the other tab in, too
    await page.getByLabel('Your key').fill(token)
    await page.keyboard.press('Enter')
    await page.getByRole('textbox', instruction).waitFor()
    await tab.getByRole('textbox', instruction).waitFor()
    await page.context().close()
  })

  it('shows nothing of the one before to somebody else who signs in, in no tab', async () => {
    const [dora, emil] = [await newKey('Dora'), await newKey('Emil')]
    const page = await chat.open('/', { key: dora.token })
    await page.getByRole('textbox', instruction).click()
    await page.keyboard.insertText('a secret plan')
    await eventually('it is kept', () => page.evaluate('Object.values(localStorage).join().includes("a secret plan")'))
    const tab = await page.context().newPage()
    await tab.goto(chat.url)
    await tab.getByRole('textbox', instruction).getByText('a secret plan').waitFor()
    assert.ok((await admin('DELETE', `keys/${dora.id}`)).ok)
    await page.keyboard.press('Enter')
    await page.getByLabel('Your key').fill(emil.token)
    await page.keyboard.press('Enter')
    for (const one of [page, tab]) {
      await one.getByRole('button', { name: 'Signed in with the key “Emil”' }).waitFor()
      assert.equal(await one.getByText('a secret plan').count(), 0)
    }
    const kept = (await page.evaluate('JSON.stringify({ ...localStorage })')) as string
    assert.ok(!kept.includes('secret plan'))
    await page.context().close()
  })

  it('asks for another key when its own is revoked, and keeps what was being written', async () => {
    const { id, token, ownerId } = await newKey('Ben')
    const page = await chat.open('/', { key: token })
    await say(page, 'a blue square on a white background')
    await page.waitForURL(/\/c\/ses_/)
    await page.getByRole('textbox', instruction).click()
    await page.keyboard.insertText('make it night')
    assert.ok((await admin('DELETE', `keys/${id}`)).ok)
    await page.getByLabel('Your key').waitFor()
    await page.getByLabel('Your key').fill((await newKey('Ben again', ownerId)).token)
    await page.keyboard.press('Enter')
    await page.getByText('make it night').waitFor()
    await page.context().close()
  })

  it('asks for another key also on the start screen, and goes on with what was written there', async () => {
    const { id, token, ownerId } = await newKey('Cleo')
    const page = await chat.open('/', { key: token })
    await page.getByRole('textbox', instruction).click()
    await page.keyboard.insertText('a blue square on a white background')
    assert.ok((await admin('DELETE', `keys/${id}`)).ok)
    // what the page is still reading may have asked for the key already
    await page.keyboard.press('Enter')
    await page.getByText(/was revoked or has expired/).waitFor()
    await page.getByLabel('Your key').fill((await newKey('Cleo again', ownerId)).token)
    await page.keyboard.press('Enter')
    await page.getByRole('textbox', instruction).getByText('a blue square').waitFor()
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.waitForURL(/\/c\/ses_/)
    await page.context().close()
  })

  it('had no error in the browser but what was refused', () => {
    // Bull Board asks for a font from elsewhere, which the policy refuses.
    const expected = /status of 40[014]|fonts\.googleapis/
    assert.deepEqual(
      chat.problems.filter((problem) => !expected.test(problem)),
      [],
    )
  })
})
