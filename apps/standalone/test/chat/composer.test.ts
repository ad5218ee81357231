import assert from 'node:assert/strict'
import { afterAll, beforeAll, it } from '@jest/globals'
import { describeUnless, eventually, sharedBrowser } from '@atelier/testing'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { imagesOf, say, startChat, turnOf, type Chat } from './start-chat.js'

const chromiumServer = sharedBrowser()

describeUnless(chromiumServer.missing)('writing the next turn', () => {
  let chat: Chat
  let page: Page
  beforeAll(async () => {
    chat = await startChat(chromiumServer.url)
    page = await chat.open()
    await field().waitFor()
  })
  afterAll(() => chat?.close())

  const field = () => page.getByRole('textbox', { name: 'Instruction' })
  const send = () => page.getByRole('button', { name: 'Send', exact: true })
  const chips = () => page.getByRole('list', { name: 'Pictures of this turn' }).getByRole('listitem')
  const focused = () =>
    page.evaluate(`document.activeElement.getAttribute('aria-label') ?? document.activeElement.tagName`)
  const said = () => page.locator('[data-announcer]').textContent()
  const png = (width: number, height: number, hue: number) =>
    sharp({ create: { width, height, channels: 3, background: { r: hue, g: 90, b: 160 } } })
      .png()
      .toBuffer()
  const add = async (...files: [name: string, content: Buffer][]) =>
    page
      .locator('main input[type=file]')
      .setInputFiles(files.map(([name, buffer]) => ({ name, mimeType: 'image/png', buffer })))
  const clear = async () => {
    await field().click()
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.press('Delete')
  }

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
    assert.equal(await send().isDisabled(), true)
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
    await eventually('the picture', async () => (await imagesOf(page, 'a red house')) === 1, 30_000)
    assert.equal(await sending.count(), 0)
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

  it('calls pictures by their files, moves them by keys, and keeps the focus when one goes', async () => {
    await add(['left.png', await png(64, 64, 10)], ['right.png', await png(64, 64, 200)], ['none.png', Buffer.alloc(0)])
    await page.getByText('none.png is empty.').waitFor()
    await page.getByRole('button', { name: 'Edits this: a red house on a meadow' }).waitFor()
    await page.getByRole('button', { name: 'Reference 2: right.png' }).focus()
    await page.keyboard.press('Alt+ArrowLeft')
    await page.getByRole('button', { name: 'Reference 1: right.png' }).waitFor()
    await eventually('it is said', async () => /Moved to place 2 of 3: Reference 1/.test((await said()) ?? ''))
    await page.keyboard.press('Alt+ArrowLeft')
    await eventually('the focus stays', async () => (await focused()) === 'Edits this: right.png')
    await page.getByRole('button', { name: 'Remove from this turn: right.png' }).click()
    await eventually('the next one', async () => String(await focused()).startsWith('Edits this: a red house'))
    for (const name of ['left.png', 'a red house on a meadow'])
      await page.getByRole('button', { name: `Remove from this turn: ${name}` }).click()
    assert.equal(await focused(), 'Instruction')
    await page.reload()
    await field().waitFor()
  })

  it('marks the pictures that the model does not take, before they are sent', async () => {
    const many = await Promise.all(
      Array.from({ length: 10 }, async (_, n): Promise<[string, Buffer]> => [`${n}.png`, await png(80, 64, n * 20)]),
    )
    await add(...many)
    await page.getByText('The model takes 9 pictures. Remove the one marked “too many”.').waitFor()
    await page.getByRole('button', { name: 'Reference 9, Too many: 9.png' }).waitFor()
    await page.keyboard.insertText('make it night')
    assert.equal(await send().isDisabled(), true)
    while ((await chips().count()) > 1)
      await page
        .getByRole('button', { name: /^Remove from this turn/ })
        .last()
        .click()
    await add(['wide.png', await png(1200, 100, 30)])
    await page.getByText(/too long and narrow for the model/).waitFor()
    await page.getByRole('button', { name: 'Reference 1, Too long and narrow: wide.png' }).waitFor()
    assert.equal(await send().isDisabled(), true)
    await page.getByRole('button', { name: 'Remove from this turn: wide.png' }).click()
    assert.equal(await send().isDisabled(), false)
    await clear()
  })

  it('tells how much of a file has been sent', async () => {
    const network = await page.context().newCDPSession(page)
    await network.send('Network.enable')
    const speed = (uploadThroughput: number) =>
      network.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput,
      })
    await speed(100_000)
    const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const
    const large = await sharp({ create: { width: 400, height: 400, channels: 3, background: '#000', noise } })
      .png()
      .toBuffer()
    await add(['large.png', large])
    const share = () =>
      page.getByRole('progressbar', { name: 'Add pictures' }).evaluate((bar: any) => bar.value / bar.max)
    await eventually('a part of it', async () => {
      const sent = await share()
      return sent > 0 && sent < 1
    })
    await speed(-1)
    await page.getByRole('button', { name: 'Remove from this turn: large.png' }).click()
    await page.getByRole('progressbar', { name: 'Add pictures' }).waitFor({ state: 'detached' })
    await network.detach()
  })

  it('makes one more picture by a double click, not two', async () => {
    const turn = turnOf(page, 'a red house')
    await turn.getByRole('button', { name: 'Again with a new seed' }).dblclick()
    await eventually('the second picture', async () => (await imagesOf(page, 'a red house')) === 2, 30_000)
    const [session] = (await chat.api.sessions.list()).data
    const [made] = (await chat.api.sessions.turns(session!.id)).data
    assert.equal(made!.generations.length, 2)
  })

  it('leads from a link to a turn that is gone to its conversation, and from nowhere to a sentence', async () => {
    await say(page, 'make it night')
    await eventually('the edit', async () => (await imagesOf(page, 'make it night')) === 1, 30_000)
    const conversation = page.url()
    for (const turn of ['trn_zzzzzzzzzzzzzzzz', 'nonsense']) {
      await page.goto(`${conversation}/t/${turn}`)
      await page.getByText(/This turn was deleted, or it never existed/).waitFor()
      await turnOf(page, 'make it night').waitFor()
    }
    await page.getByRole('button', { name: 'Dismiss' }).click()
    assert.equal(page.url(), conversation)
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
    await eventually('the thread', async () => (await imagesOf(page, 'a red house')) === 2)
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
    await eventually('the picture', async () => (await imagesOf(page, 'a red circle')) === 1, 30_000)
    await page.keyboard.press('ArrowUp')
    assert.equal(await field().innerText(), 'a red circle on a blue background')
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
    await page.keyboard.type('here')
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
    assert.equal(await page.getByRole('option').count(), 1)
    await clear()
    await page.getByRole('button', { name: 'Remove from this turn: IMG_2034-a.png' }).click()
    const id = new URL(page.url()).pathname.split('/').at(-1)!
    await chat.api.turns.create(id, { instruction: 'a green tree on a meadow', images: [], parentTurnId: null })
    await eventually('the other branch', async () => (await imagesOf(page, 'a green tree')) === 1, 30_000)
    await field().click()
    await page.keyboard.type('@circle')
    await page.getByRole('option', { name: 'a red circle on a blue background' }).waitFor()
    // Escape holds for this @; the next one is another.
    await page.keyboard.press('Escape')
    await page.keyboard.press('Backspace')
    assert.equal(await page.getByRole('listbox').count(), 0)
    await clear()
    await page.keyboard.type('@')
    await page.getByRole('listbox').waitFor()
    await clear()
  })

  it('sends a turn when the pictures that were added to it are there', async () => {
    await page.goto(chat.url)
    await field().waitFor()
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    await page.route('**/v1/images', async (route) => {
      await held
      await route.continue()
    })
    await add(['sky.png', await png(64, 64, 30)])
    await say(page, 'make it night')
    await page.getByText('then your instruction is sent').waitFor()
    await page.keyboard.press('Enter')
    release()
    await page.waitForURL(/\/c\/ses_/)
    await page.unroute('**/v1/images')
    const id = new URL(page.url()).pathname.split('/').at(-1)!
    const { turns } = await chat.api.sessions.get(id)
    assert.deepEqual(
      turns.map(({ instruction, images }) => [instruction, images.length]),
      [['make it night', 1]],
    )
  })

  it('says in a few lines why many files were refused', async () => {
    const files = Array.from({ length: 20 }, (_, n) => [`${n}.png`, Buffer.alloc(0)] as [string, Buffer])
    await add(...files)
    await page.getByText('3.png is empty.').waitFor()
    assert.equal(await page.getByText('16 more were not added.').count(), 1)
    await page.getByRole('button', { name: 'Dismiss' }).click()
    assert.equal(await page.getByText('3.png is empty.').count(), 0)
  })

  it('tries cancelled pictures again once, also by a double click', async () => {
    const { id } = await chat.api.sessions.create({ title: 'Cancelled' })
    const parameters = { steps: 100, count: 2 }
    const { generations } = await chat.api.turns.create(id, { instruction: 'a green tree on a meadow', parameters })
    for (const generation of generations) await chat.api.generations.cancel(generation.id)
    await page.goto(`${chat.url}/c/${id}`)
    await page.getByText('2 pictures were cancelled.').waitFor()
    await page.getByRole('button', { name: 'Try again' }).dblclick()
    await page.getByText('2 pictures were cancelled.').waitFor({ state: 'detached' })
    await page.waitForTimeout(500)
    const all = (await chat.api.sessions.get(id)).turns[0]!.generations
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
