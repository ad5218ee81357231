import assert from 'node:assert/strict'
import { buffer as readAll } from 'node:stream/consumers'
import { afterAll, beforeAll, it } from '@jest/globals'
import { describeUnless, eventually, sharedBrowser } from '@atelier/testing'
import type { Page } from 'playwright-core'
import { whileModelStands } from './standing-model.js'
import { dropFile, imagesOf, picturesCome, say, startChat, turnOf, type Chat } from './start-chat.js'

const chromiumServer = sharedBrowser()

// One conversation, as a person has it: each test goes on where the one before has ended.
describeUnless(chromiumServer.missing)('a whole conversation', () => {
  let chat: Chat
  let page: Page
  beforeAll(async () => {
    chat = await startChat(chromiumServer.url)
    page = await chat.open()
  })
  afterAll(() => chat?.close())

  const stage = () => page.getByRole('region', { name: 'Picture', exact: true })
  const sessionId = () => /ses_[0-9a-z]{16}/.exec(page.url())![0]
  const newest = async () => (await chat.api.sessions.turns(sessionId(), { limit: 1 })).data.at(-1)!
  const finished = async (instruction: string, count = 1) =>
    eventually(`${count} pictures of ${instruction}`, async () => (await imagesOf(page, instruction)) >= count, 120_000)
  const more = async (instruction: string, item: string) => {
    await turnOf(page, instruction).getByRole('button', { name: 'More for this turn' }).click()
    await page.getByRole('menuitem', { name: item }).click()
  }

  it('makes a picture from words', async () => {
    await say(page, 'a red circle on a blue background')
    await finished('a red circle on a blue background')
    await stage().getByRole('img', { name: 'a red circle on a blue background' }).waitFor()
    await page.getByRole('heading', { level: 1, name: 'a red circle on a blue background' }).waitFor()
  })

  it('edits the picture that is shown', async () => {
    const [first] = (await newest()).generations[0]!.images
    await say(page, 'make the circle green')
    await finished('make the circle green')
    assert.deepEqual((await newest()).images, [{ imageId: first!.id, maskId: null, maskMode: 'keep' }])
  })

  it('repaints what was painted over, and shows the mask on the turn', async () => {
    await stage().getByRole('button', { name: 'Mask' }).click()
    const surface = stage().getByRole('application', { name: /^Mask/ })
    const box = (await surface.boundingBox())!
    const at = (x: number, y: number) => [box.x + box.width * x, box.y + box.height * y] as const
    await stage().getByRole('radio', { name: 'Rectangle' }).click()
    await page.mouse.move(...at(0.35, 0.35))
    await page.mouse.down()
    await page.mouse.move(...at(0.65, 0.65), { steps: 5 })
    await page.mouse.up()
    await stage().getByRole('button', { name: 'Undo' }).click()
    await stage().getByRole('button', { name: 'Redo' }).click()
    await stage().getByRole('radio', { name: 'Erase', exact: true }).click()
    await stage().getByRole('button', { name: 'Use mask' }).click()
    await page.getByText('Mask: erase').waitFor()
    await say(page, 'add a yellow star')
    await finished('add a yellow star')
    const { images, generations } = await newest()
    assert.deepEqual([images.length, images[0]!.maskMode, generations[0]!.parameters.keepUnmasked], [1, 'erase', true])
    const mask = await chat.api.images.get(images[0]!.maskId!)
    assert.deepEqual([mask.kind, mask.width, mask.height], ['mask', 64, 64])
    await turnOf(page, 'add a yellow star')
      .getByRole('button', { name: /with a mask/ })
      .waitFor()
  })

  it('extends the picture by its frame', async () => {
    await stage().getByRole('button', { name: 'Extend' }).click()
    await stage().getByRole('slider', { name: 'Room to the right' }).focus()
    for (let n = 0; n < 12; n += 1) await page.keyboard.press('ArrowRight')
    await stage().getByRole('button', { name: 'Extend', exact: true }).last().click()
    await page
      .getByText(/The larger picture is on your next turn/)
      .first()
      .waitFor()
    await say(page, 'extend the picture')
    await finished('extend the picture')
    const { images } = await newest()
    const [larger, mask] = [
      await chat.api.images.get(images[0]!.imageId),
      await chat.api.images.get(images[0]!.maskId!),
    ]
    assert.ok(larger.width > larger.height, `${larger.width} × ${larger.height}`)
    assert.equal(mask.kind, 'mask')
  })

  it('mentions another picture by @, with the keyboard', async () => {
    const field = page.getByRole('textbox', { name: 'Instruction' })
    await field.click()
    await page.keyboard.type('put the circle of @')
    await page.getByRole('listbox', { name: 'Pictures of this conversation' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.keyboard.type('on a white background')
    await page.keyboard.press('Enter')
    await eventually('the turn', async () => /on a white background/.test((await newest()).instruction))
    const { instruction, images } = await newest()
    const [mentioned] = /img_[0-9a-z]{16}/.exec(instruction)!
    assert.ok(images.some(({ imageId }) => imageId === mentioned))
    await finished('on a white background')
  })

  it('branches: an earlier instruction, said differently', async () => {
    await turnOf(page, 'make the circle green').getByRole('button', { name: 'Edit and resend' }).click()
    const field = page.getByRole('textbox', { name: 'Instruction' })
    await eventually('the instruction', async () =>
      ((await field.textContent()) ?? '').includes('make the circle green'),
    )
    await field.press('ControlOrMeta+a')
    await page.keyboard.insertText('make the circle yellow')
    await page.keyboard.press('Enter')
    await finished('make the circle yellow')
    await turnOf(page, 'make the circle yellow').getByText('2 / 2').waitFor()
    assert.equal(await turnOf(page, 'add a yellow star').count(), 0)
    await turnOf(page, 'make the circle yellow').getByRole('button', { name: 'Previous version' }).click()
    await turnOf(page, 'make the circle green').getByText('1 / 2').waitFor()
    await turnOf(page, 'on a white background').waitFor()
    await turnOf(page, 'make the circle green').getByRole('button', { name: 'Next version' }).click()
    await turnOf(page, 'make the circle yellow').waitFor()
  })

  it('cancels what is under way, and tries again', async () => {
    const turn = turnOf(page, 'make it night')
    await whileModelStands(chat.stack.process.pid!, async () => {
      await chat.api.turns.create(sessionId(), {
        instruction: 'make it night',
        parameters: { steps: 100, count: 4, seed: 3 },
      })
      await turn.getByRole('button', { name: 'Cancel' }).first().click()
    })
    await eventually('one is cancelled', async () =>
      (await newest()).generations.some(({ status }) => status === 'cancelled'),
    )
    for (let left = 4; left > 0; left -= 1) {
      const button = turn.getByRole('button', { name: 'Cancel' }).first()
      if (!(await button.isVisible())) break
      await button.click({ timeout: 2000 }).catch(() => {})
    }
    await eventually(
      'all have ended',
      async () => (await newest()).generations.every(({ status }) => status !== 'queued' && status !== 'running'),
      60_000,
    )
    const before = (await newest()).generations.length
    await turn
      .getByRole('button', { name: /Try again|Again with a new seed/ })
      .first()
      .click()
    await eventually('another', async () => (await newest()).generations.length > before)
    await finished('make it night')
    // All four are tried again. The others would keep the next test waiting.
    for (const { id, finishedAt } of (await newest()).generations)
      if (!finishedAt) await chat.api.generations.cancel(id).catch(() => {})
  })

  it('makes variations beside each other, and goes on from one', async () => {
    await page.getByRole('button', { name: 'Settings' }).click()
    await page.getByRole('radio', { name: '3', exact: true }).click()
    await page.keyboard.press('Escape')
    await say(page, 'a green triangle on a white background')
    await finished('a green triangle on a white background', 3)
    await stage().getByRole('button', { name: 'Variations' }).click()
    const second = stage().getByRole('button', { name: 'Picture 2 of 3' })
    await second.click()
    const { generations } = await newest()
    await say(page, 'make the triangle red')
    await finished('make the triangle red', 3)
    assert.equal((await newest()).images[0]!.imageId, generations[1]!.images[0]!.id)
  })

  it('compares before and after, and reproduces with the same pixels', async () => {
    await stage().getByRole('button', { name: 'Compare' }).click()
    await stage().getByRole('img', { name: 'Before' }).waitFor()
    await stage().getByRole('button', { name: 'Compare' }).click()
    await more('make the triangle red', 'What the model saw')
    const drawer = page.getByRole('dialog', { name: 'What the model saw' })
    await drawer.getByText('make the triangle red').first().waitFor()
    await drawer.getByRole('button', { name: 'Reproduce' }).click()
    await drawer.getByText('Equal: every pixel is the same.').waitFor({ timeout: 60_000 })
    // Back closes what lies over the conversation.
    const address = page.url()
    await page.goBack()
    await drawer.waitFor({ state: 'detached' })
    assert.equal(page.url(), address)
    // The repeated picture is told of in the drawer alone.
    await picturesCome(page, 'make the triangle red', 3)
  })

  it('is the same after a reload, and by the link of a turn', async () => {
    const shown = async () => page.getByRole('article').evaluateAll((all) => all.map((one: any) => one.ariaLabel))
    const before = await shown()
    await page.reload()
    await turnOf(page, 'make the triangle red').waitFor()
    await eventually('the same turns', async () => JSON.stringify(await shown()) === JSON.stringify(before))
    const turns = (await chat.api.sessions.turns(sessionId(), { path: 'all' })).data
    const other = turns.find(({ instruction }) => instruction === 'add a yellow star')!
    await page.goto(`${chat.url}/c/${sessionId()}/t/${other.id}`)
    await turnOf(page, 'add a yellow star').waitFor()
    assert.equal(await turnOf(page, 'make the circle yellow').count(), 0)
    await page.goto(`${chat.url}/#${sessionId()}`)
    await turnOf(page, 'make the triangle red').waitFor()
    assert.match(page.url(), /\/c\/ses_/)
  })

  it('jumps by the map', async () => {
    await stage().getByRole('button', { name: 'Map of the conversation' }).click()
    await page.getByRole('treeitem', { name: /add a yellow star/ }).click()
    await turnOf(page, 'add a yellow star').waitFor()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  it('says why a turn cannot be deleted, and deletes one that nothing follows', async () => {
    await more('make the circle green', 'Delete')
    await page.getByText(/build on this one|builds on this one/).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('alertdialog').waitFor({ state: 'detached' })
    await more('on a white background', 'Delete')
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    // a dialog hides what is behind it
    await page.getByRole('alertdialog').waitFor({ state: 'detached' })
    await turnOf(page, 'on a white background').waitFor({ state: 'detached' })
  })

  it('goes into a file and comes back from it', async () => {
    const title = 'a red circle on a blue background'
    const row = page.getByRole('navigation').getByRole('link', { name: title, exact: true })
    const menu = async (item: string) => {
      await row.hover()
      await page.getByRole('button', { name: `More for “${title}”` }).click()
      await page.getByRole('menuitem', { name: item }).click()
    }
    const count = (await chat.api.sessions.turns(sessionId(), { path: 'all' })).data.length
    assert.equal(count, 8)
    const waiting = page.waitForEvent('download')
    await menu('Export')
    const file = await readAll(await (await waiting).createReadStream())
    await menu('Delete')
    await row.waitFor({ state: 'detached' })
    await eventually('it is gone', async () => (await chat.api.sessions.list()).data.length === 0, 60_000)
    await dropFile(page.getByRole('searchbox'), 'red circle.zip', file)
    await row.waitFor()
    await turnOf(page, 'add a yellow star').waitFor()
    assert.equal((await chat.api.sessions.turns(sessionId(), { path: 'all' })).data.length, count)
    await picturesCome(page, 'add a yellow star')
  })

  it('had no error in the browser but the refused deletion', () => {
    assert.deepEqual(
      chat.problems.filter((problem) => !/status of 409/.test(problem)),
      [],
    )
  })
})
