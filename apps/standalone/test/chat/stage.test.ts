import assert from 'node:assert/strict'
import { buffer as readAll } from 'node:stream/consumers'
import { afterAll, beforeAll, it } from '@jest/globals'
import { describeUnless, eventually, sharedBrowser } from '@atelier/testing'
import type { Page } from 'playwright-core'
import { dropFile, type Chat } from './start-chat.js'
import { whileModelStands } from './standing-model.js'
import { shareOf, stageOf, startStage, surfaceOf } from './start-stage.js'

const chromiumServer = sharedBrowser()

describeUnless(chromiumServer.missing)('the stage', () => {
  let chat: Chat
  let page: Page
  let sessionId: string

  beforeAll(async () => {
    ;({ chat, page, sessionId } = await startStage(chromiumServer.url))
  })
  afterAll(() => chat?.close())

  const stage = (on = page) => stageOf(on)
  const menu = async (button: string, item: string) => {
    await stage().getByRole('button', { name: button, exact: true }).click()
    await page.getByRole('menuitem', { name: item, exact: true }).click()
    // it has the keys while it is there
    await page.getByRole('menu').waitFor({ state: 'detached' })
  }

  it('shows a picture of few pixels by a whole number of screen pixels each', async () => {
    const image = stage().getByRole('img', { name: 'make the circle green' })
    await eventually('a whole number', async () => {
      const box = await image.boundingBox()
      return box !== null && box.width >= 512 && box.width % 64 === 0 && box.width === box.height
    })
    // the thumbnail that stands first gives way to the picture
    await eventually(
      'sharp edges',
      async () =>
        (await image.evaluate((one: any) => one.ownerDocument.defaultView.getComputedStyle(one).imageRendering)) ===
        'pixelated',
    )
  })

  it('says why it cannot copy where the browser keeps the clipboard to itself', async () => {
    await page.evaluate(`Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })`)
    const turn = page.getByRole('article', { name: 'make the circle green' })
    await turn.getByRole('button', { name: 'More for this turn' }).click()
    await page.getByRole('menuitem', { name: 'Copy link' }).click()
    await page.getByText(/did not let the page copy/).waitFor()
    await menu('More', 'Copy seed')
    await page.evaluate('delete navigator.clipboard')
  })

  it('compares by keys, and chooses a variation by its number', async () => {
    await page.keyboard.press('c')
    const divider = stage().getByRole('slider')
    await divider.focus()
    const before = Number(await divider.getAttribute('aria-valuenow'))
    for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight')
    await eventually('it moves', async () => Number(await divider.getAttribute('aria-valuenow')) > before)
    await page.keyboard.press('Escape')
    await stage().getByRole('button', { name: 'Variations' }).click()
    const first = stage().getByRole('button', { name: 'Picture 1 of 2' })
    await first.waitFor()
    await page.keyboard.press('1')
    await first.waitFor({ state: 'detached' })
  })

  it('fills the screen and goes through the pictures', async () => {
    await stage().getByRole('button', { name: 'Full screen' }).click()
    const screen = page.getByRole('dialog')
    await screen.getByText('2 of 3').waitFor()
    await page.keyboard.press('ArrowRight')
    await screen.getByText('3 of 3').waitFor()
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowLeft')
    await screen.getByRole('img', { name: 'a red circle on a blue background' }).waitFor()
    await page.keyboard.press('=')
    await screen.getByRole('button', { name: 'Zoom out' }).and(page.locator(':enabled')).waitFor()
    await page.keyboard.press('Escape')
    await screen.waitFor({ state: 'detached' })
    await stage().getByRole('img', { name: 'a red circle on a blue background' }).waitFor()
  })

  it('saves PNG, JPEG, WebP and an enlarged PNG', async () => {
    const begins = { 'Download PNG': '89504e47', 'Download JPEG': 'ffd8ff', 'Download WebP': '52494646' }
    for (const [item, magic] of Object.entries(begins)) {
      const [download] = await Promise.all([page.waitForEvent('download'), menu('Download', item)])
      const bytes = await readAll(await download.createReadStream())
      assert.equal(bytes.toString('hex').slice(0, magic.length), magic, item)
      assert.match(download.suggestedFilename(), /^a red circle on a blue background\.(png|jpg|webp)$/)
    }
    const [larger] = await Promise.all([page.waitForEvent('download'), menu('Download', 'Download PNG, 1024 × 1024')])
    assert.equal((await readAll(await larger.createReadStream())).readUInt32BE(16), 1024)
  })

  it('copies the picture, its link, its seed and its settings', async () => {
    const clipboard = () => page.evaluate('navigator.clipboard.readText()') as Promise<string>
    await menu('More', 'Copy link')
    await eventually('a link', async () => (await clipboard()).startsWith(`${chat.url}/c/${sessionId}/t/trn_`))
    await menu('More', 'Copy seed')
    await eventually('the seed', async () => (await clipboard()) === '1')
    await menu('More', 'Copy settings')
    await eventually('the settings', async () => JSON.parse(await clipboard()).parameters?.seed === 1)
    await menu('More', 'Copy picture')
    await eventually('the picture', async () =>
      page.evaluate(`navigator.clipboard.read().then(([item]) => item.types.includes('image/png'))`),
    )
  })

  it('takes a picture as a reference, and its bright parts as a mask', async () => {
    await page.keyboard.press('ArrowRight')
    await stage().getByRole('img', { name: 'make the circle green' }).waitFor()
    await menu('More', 'Edit this picture')
    await page.keyboard.press('ArrowLeft')
    await stage().getByRole('img', { name: 'a red circle on a blue background' }).waitFor()
    await menu('More', 'Use as reference')
    const chips = page.getByRole('list', { name: 'Pictures of this turn' }).getByRole('listitem')
    await eventually('two pictures', async () => (await chips.count()) === 2)

    await dropFile(page.getByRole('textbox', { name: 'Instruction' }), 'bar.png', await brightBar(page), 'image/png')
    await eventually('three pictures', async () => (await chips.count()) === 3)
    await chips.last().getByRole('button').first().click()
    await page.getByRole('menuitem', { name: 'Show', exact: true }).click()
    await stage().getByRole('img', { name: 'bar.png' }).waitFor()
    await stage().getByText('Your next turn edits another picture.').waitFor()
    await menu('More', 'Use as mask')
    await surfaceOf(page).waitFor()
    // the bar is a quarter of the picture
    assert.equal(await shareOf(page), 25)
    await stage().getByRole('button', { name: 'Clear' }).click()
    await page.keyboard.press('Escape')
  })

  it('takes pictures that are dropped on it', async () => {
    const chips = page.getByRole('list', { name: 'Pictures of this turn' }).getByRole('listitem')
    const before = await chips.count()
    await dropFile(stage().getByRole('img').first(), 'dropped.png', await brightBar(page), 'image/png')
    // the same bytes are the same picture
    await page.getByText('Picture added.').waitFor({ state: 'attached' })
    assert.equal(await chips.count(), before)
  })

  it('says what is being made and how to stop it, and what is typed while a mask is saved is the instruction', async () => {
    const other = await chat.api.sessions.create({ title: 'Under way' })
    const own = await chat.open(`/c/${other.id}`)
    await own.getByRole('textbox', { name: 'Instruction' }).waitFor()
    await chat.api.turns.create(other.id, { instruction: 'a red house on a meadow', parameters: { seed: 1 } })
    await stage(own).getByRole('img', { name: 'a red house on a meadow', exact: true }).waitFor()
    await whileModelStands(chat.stack.process.pid!, async () => {
      await chat.api.turns.create(other.id, { instruction: 'make it night', parameters: { seed: 1, steps: 100 } })
      await stage(own).getByText('make it night').waitFor()
      await stage(own).getByRole('button', { name: 'Cancel' }).click()
    })
    await stage(own).getByRole('button', { name: 'Cancel' }).waitFor({ state: 'detached' })
    await eventually('it is cancelled', async () =>
      (await chat.api.sessions.turns(other.id)).data.at(-1)!.generations.some(({ status }) => status === 'cancelled'),
    )

    await stage(own).getByRole('button', { name: 'Mask', exact: true }).click()
    const box = (await surfaceOf(own).boundingBox())!
    await own.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
    await own.mouse.down()
    await own.mouse.move(box.x + box.width / 2 + 40, box.y + box.height / 2, { steps: 4 })
    await own.mouse.up()
    // a slow network: the mask takes a while
    await own.route('**/v1/images*', async (route) => {
      await new Promise((done) => setTimeout(done, 1_000))
      await route.continue()
    })
    await own.keyboard.press('ControlOrMeta+Enter')
    await own.keyboard.type('now a green tree')
    await own.keyboard.press('Enter')
    await eventually('the turn has the mask', async () => {
      const { instruction, images } = (await chat.api.sessions.turns(other.id)).data.at(-1)!
      return instruction === 'now a green tree' && Boolean(images[0]?.maskId)
    })
    await own.context().close()
  })

  it('loads a tool again that could not be loaded, in the place where the tool would be', async () => {
    const own = await chat.open(null)
    await own.route('**/assets/compare-view*', (route) => route.abort())
    await own.goto(`${chat.url}/c/${sessionId}`)
    await stage(own).getByRole('button', { name: 'Compare' }).click()
    await stage(own)
      .getByText(/could not be loaded/)
      .waitFor()
    await own.unroute('**/assets/compare-view*')
    await stage(own).getByRole('button', { name: 'Try again' }).click()
    await stage(own).getByRole('slider', { name: 'Divider between before and after' }).waitFor()
    await own.context().close()
    const told = chat.problems.splice(0)
    assert.ok(
      told.every((problem) => /PartNotLoaded|ERR_FAILED/.test(problem)),
      told.join('\n'),
    )
  })

  it('reports nothing as an error', () => assert.deepEqual(chat.problems, []))
})

/** A black picture whose left quarter is white. */
async function brightBar(page: Page): Promise<Uint8Array<ArrayBuffer>> {
  const base64 = await page.evaluate(`(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 64 })
    const context = canvas.getContext('2d')
    context.fillRect(0, 0, 64, 64)
    context.fillStyle = '#fff'
    context.fillRect(0, 0, 16, 64)
    return canvas.toDataURL('image/png').split(',')[1]
  })()`)
  return Uint8Array.from(Buffer.from(base64 as string, 'base64'))
}
