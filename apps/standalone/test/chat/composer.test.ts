import assert from 'node:assert/strict'
import { afterAll, beforeAll, it } from '@jest/globals'
import { cleanUpAfterEach, describeUnless, eventually, sharedBrowser } from '@atelier/testing'
import type { Page } from 'playwright-core'
import { composerSteps, png } from './composer-steps.js'
import { clickTwice, picturesCome, say, startChat, turnOf, type Chat } from './start-chat.js'

const chromiumServer = sharedBrowser()
const cleanUp = cleanUpAfterEach()

describeUnless(chromiumServer.missing)('writing the next turn', () => {
  let chat: Chat
  let page: Page
  beforeAll(async () => {
    chat = await startChat(chromiumServer.url)
    page = await chat.open()
    await field().waitFor()
  })
  afterAll(() => chat?.close())

  const { field, send, focused, add, clear } = composerSteps(() => page)
  const queue = (action: 'pause' | 'resume') =>
    fetch(`${chat.url}/v1/admin/queue/${action}`, { method: 'POST', headers: { authorization: `Bearer ${chat.key}` } })

  it('leaves no conversation behind a first turn that is refused, and says which text is too long', async () => {
    await field().click()
    await page.keyboard.insertText('a house '.repeat(230))
    await page.getByText(/About \d+ words too long/).waitFor()
    await send().click()
    await page.getByText(/The instruction is longer than the model reads/).waitFor()
    await eventually('no conversation', async () => (await chat.api.sessions.list()).data.length === 0)
    // beyond what is allowed at all the counter does not go silent
    await page.keyboard.insertText('a house '.repeat(30))
    await page.getByText(/too long. Shorten it by \d+ characters/).waitFor()
    await eventually('it cannot be sent', () => send().isDisabled())
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await clear()
    // the text that is too long may be another one
    await page.keyboard.insertText('a red house on a meadow')
    await page.getByRole('button', { name: 'Settings' }).click()
    const avoid = page.getByRole('textbox', { name: 'Avoid' })
    await avoid.fill('a blue circle '.repeat(120))
    await page
      .getByRole('dialog', { name: 'Settings' })
      .getByText(/words too long/)
      .waitFor()
    await page.keyboard.press('Escape')
    await send().click()
    await page.getByText(/The text in “Avoid” is longer/).waitFor()
    assert.equal(await page.getByRole('button', { name: 'Send the beginning' }).count(), 0)
    await page.getByRole('button', { name: /^Reset: Avoid/ }).click()
  })

  it('refuses what is no seed where it is written, and its tooltip stays away when the settings close', async () => {
    await page.getByRole('button', { name: 'Settings' }).click()
    const seed = page.getByRole('textbox', { name: 'Seed' })
    for (const wrong of ['99999999999999999999', '-1', 'abc']) {
      await seed.fill(wrong)
      await page.getByText('A seed is a whole number from 0 to 4,294,967,295.').waitFor()
      assert.equal(await seed.inputValue(), wrong)
    }
    await seed.fill('7')
    await page.getByText(/A seed is a whole number/).waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Reset: Seed 7' }).waitFor()
    assert.equal(await page.getByRole('tooltip').count(), 0)
  })

  it('shows what was sent at once, while the server thinks', async () => {
    let answer = () => {}
    const thinking = new Promise<void>((resolve) => (answer = resolve))
    await page.route('**/v1/sessions', async (route) => {
      if (route.request().method() === 'POST') await thinking
      await route.continue()
    })
    await field().click()
    await page.keyboard.press('Enter')
    const sending = page.getByRole('group', { name: 'Sending …' })
    await sending.getByText('a red house on a meadow').waitFor()
    assert.equal(await page.getByText('Begin with one of these').count(), 0)
    answer()
    await picturesCome(page, 'a red house')
    await sending.waitFor({ state: 'detached' })
    await page.unroute('**/v1/sessions')
  })

  it('keeps pasted lines over a reload', async () => {
    const lines = 'first line\nsecond line\n\nfourth line'
    await field().click()
    await page.evaluate(`(() => {
      const clipboardData = new DataTransfer()
      clipboardData.setData('text/plain', ${JSON.stringify(lines)})
      document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
    })()`)
    await eventually('it is kept', () => page.evaluate('Object.values(localStorage).join().includes("fourth line")'))
    await page.reload()
    await field().getByText('fourth line').waitFor()
    assert.equal(await field().innerText(), lines)
    await clear()
  })

  it('makes one more picture by a double click, not two', async () => {
    const turn = turnOf(page, 'a red house')
    await clickTwice(turn.getByRole('button', { name: 'Again with a new seed' }))
    await picturesCome(page, 'a red house', 2)
    const [session] = (await chat.api.sessions.list()).data
    const [made] = (await chat.api.sessions.turns(session!.id)).data
    assert.equal(made!.generations.length, 2)
  })

  it('leads from a link to a turn that is gone to its conversation, and from nowhere to a sentence', async () => {
    await say(page, 'make it night')
    await picturesCome(page, 'make it night')
    const conversation = page.url()
    for (const turn of ['trn_zzzzzzzzzzzzzzzz', 'nonsense']) {
      await page.goto(`${conversation}/t/${turn}`)
      await page.getByText(/This turn was deleted, or it never existed/).waitFor()
      await turnOf(page, 'make it night').waitFor()
    }
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await page.waitForURL(conversation)
    const answer = await page.goto(`${chat.url}/nothing/here`)
    assert.equal(answer?.status(), 404)
    await page.getByText('There is nothing at this address.').waitFor()
    await page.goto(conversation)
  })

  it('says at once what holds a turn, and gives the focus to what is left when one is deleted', async () => {
    const remove = async (instruction: string) => {
      await turnOf(page, instruction).getByRole('button', { name: 'More for this turn' }).click()
      await page.getByRole('menuitem', { name: 'Delete' }).click()
    }
    await remove('a red house')
    await page.getByText('Another turn builds on this one. Delete that one first.').waitFor()
    assert.equal(await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).count(), 0)
    await page.getByRole('button', { name: 'Show it' }).click()
    await eventually('the turn that holds it', async () => (await focused()) === 'make it night')
    await remove('make it night')
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    await eventually('the one before', async () => (await focused()) === 'a red house on a meadow')
  })

  it('shows a sign for a picture that cannot be loaded, and tries again', async () => {
    const [thumbnail] = (await chat.api.sessions.list()).data.map(({ image }) => image)
    assert.ok(thumbnail)
    let expired = true
    await page.route('**/objects/**', (route) =>
      expired ? route.fulfill({ status: 403, body: '' }) : route.continue(),
    )
    await page.reload()
    await page.getByText('This picture could not be loaded.').waitFor()
    expired = false
    await page.getByRole('region', { name: 'Picture' }).getByRole('button', { name: 'Try again' }).click()
    await page.getByText('This picture could not be loaded.').waitFor({ state: 'detached' })
    await page.evaluate(`window.dispatchEvent(new Event('online'))`)
    await picturesCome(page, 'a red house', 2)
    await page.unroute('**/objects/**')
    await eventually('no sign is left', () =>
      page.evaluate(
        `[...document.images].every(({ src, naturalWidth }) => !src.startsWith('data:') && naturalWidth > 0)`,
      ),
    )
  })

  it('keeps what was made of an earlier instruction, and takes back what was written step by step', async () => {
    await page.goto(chat.url)
    await say(page, 'a red circle on a blue background')
    await picturesCome(page, 'a red circle')
    await page.keyboard.press('ArrowUp')
    await eventually('it is back', async () => (await field().innerText()) === 'a red circle on a blue background')
    await page.keyboard.press('Control+End')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('and rain')
    // The caret goes up, not the text away.
    await page.keyboard.press('ArrowUp')
    await page.keyboard.type('!')
    assert.match(await field().innerText(), /^a red !?.*!.*\nand rain$/)
    await clear()
    await page.keyboard.type('use @')
    await page.getByRole('listbox').waitFor()
    await page.keyboard.press('Enter')
    await field().getByText('a red circle').waitFor()
    // at once: letters a second apart are undone one by one
    await page.keyboard.insertText('here')
    const chipped = async () => [
      await field().locator('[data-mention]').count(),
      /here/.test(await field().innerText()),
    ]
    assert.deepEqual(await chipped(), [1, true])
    await page.keyboard.press('ControlOrMeta+z')
    assert.deepEqual(await chipped(), [1, false])
    await page.keyboard.press('ControlOrMeta+z')
    assert.equal(await field().innerText(), 'use @')
    await page.keyboard.press('ControlOrMeta+Shift+z')
    await page.keyboard.press('ControlOrMeta+y')
    assert.deepEqual(await chipped(), [1, true])
    await clear()
  })

  it('finds pictures behind an @: of the next turn by their files, and of other branches', async () => {
    await add(['IMG_2034-a.png', await png(64, 64, 10)])
    await page.getByRole('button', { name: 'Reference 1: IMG_2034-a.png' }).waitFor()
    await field().click()
    await page.keyboard.type('@img_20')
    await page.getByRole('option', { name: 'IMG_2034-a.png' }).waitFor()
    await eventually('no other', async () => (await page.getByRole('option').count()) === 1)
    await clear()
    await page.getByRole('button', { name: 'Remove from this turn: IMG_2034-a.png' }).click()
    const id = new URL(page.url()).pathname.split('/').at(-1)!
    await chat.api.turns.create(id, { instruction: 'a green tree on a meadow', images: [], parentTurnId: null })
    await picturesCome(page, 'a green tree')
    await field().click()
    await page.keyboard.type('@circle')
    await page.getByRole('option', { name: 'a red circle on a blue background' }).waitFor()
    // Escape holds for this @; the next one is another.
    await page.keyboard.press('Escape')
    await page.getByRole('listbox').waitFor({ state: 'detached' })
    await page.keyboard.press('Backspace')
    assert.equal(await page.getByRole('listbox').count(), 0)
    await clear()
    await page.keyboard.type('@')
    await page.getByRole('listbox').waitFor()
    await clear()
  })

  it('tries cancelled pictures again once, also by a double click', async () => {
    const { id } = await chat.api.sessions.create({ title: 'Cancelled' })
    const parameters = { steps: 100, count: 2 }
    // none of them is made before it is cancelled
    await queue('pause')
    cleanUp(() => queue('resume'))
    const { generations } = await chat.api.turns.create(id, { instruction: 'a green tree on a meadow', parameters })
    for (const generation of generations) await chat.api.generations.cancel(generation.id)
    await page.goto(`${chat.url}/c/${id}`)
    await page.getByText('2 pictures were cancelled.').waitFor()
    await clickTwice(page.getByRole('button', { name: 'Try again' }))
    await page.getByText('2 pictures were cancelled.').waitFor({ state: 'detached' })
    const made = async () => (await chat.api.sessions.get(id)).turns[0]!.generations
    await eventually('both are tried again', async () => (await made()).length >= 4)
    // what a second time would bring comes at once
    await page.waitForTimeout(500)
    const all = await made()
    for (const generation of all)
      if (!generation.finishedAt) await chat.api.generations.cancel(generation.id).catch(() => {})
    assert.equal(all.length, 4)
  })

  it('had no error in the browser but what was refused', () => {
    assert.deepEqual(
      chat.problems.filter((problem) => !/status of 40[034]/.test(problem)),
      [],
    )
  })
})
