import assert from 'node:assert/strict'
import { afterAll, beforeAll, it } from '@jest/globals'
import { describeUnless, eventually, sharedBrowser } from '@atelier/testing'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { composerSteps, png } from './composer-steps.js'
import { say, startChat, type Chat } from './start-chat.js'

const chromiumServer = sharedBrowser()

describeUnless(chromiumServer.missing)('the pictures of the next turn', () => {
  let chat: Chat
  let page: Page
  beforeAll(async () => {
    chat = await startChat(chromiumServer.url)
    const { id } = await chat.api.sessions.create({ title: 'Pictures' })
    const turn = { instruction: 'a red house on a meadow', parameters: { seed: 1 } }
    for (const generation of (await chat.api.turns.create(id, turn)).generations)
      await chat.api.generations.wait(generation.id)
    page = await chat.open(`/c/${id}`)
    await field().waitFor()
  })
  afterAll(() => chat?.close())

  const { field, send, focused, add, clear } = composerSteps(() => page)
  const chips = () => page.getByRole('list', { name: 'Pictures of this turn' }).getByRole('listitem')
  const said = () => page.locator('[data-announcer]').textContent()

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
    await eventually('the instruction', async () => (await focused()) === 'Instruction')
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
    await eventually('it can be sent', async () => !(await send().isDisabled()))
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
    await speed(30_000)
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
    await page.getByText('3.png is empty.').waitFor({ state: 'detached' })
  })

  it('had no error in the browser but what was refused', () => {
    assert.deepEqual(
      chat.problems.filter((problem) => !/status of 400/.test(problem)),
      [],
    )
  })
})
