import assert from 'node:assert/strict'
import { buffer as readAll } from 'node:stream/consumers'
import { afterAll, beforeAll, it } from '@jest/globals'
import { describeUnless, eventually, sharedBrowser } from '@atelier/testing'
import type { CDPSession, Page } from 'playwright-core'
import { dropFile, phone, startChat, type Chat } from './start-chat.js'

const chromiumServer = sharedBrowser()

describeUnless(chromiumServer.missing)('the stage', () => {
  let chat: Chat
  let page: Page
  let sessionId: string

  beforeAll(async () => {
    chat = await startChat(chromiumServer.url)
    const session = await chat.api.sessions.create({ title: 'Stage' })
    sessionId = session.id
    for (const turn of [
      { instruction: 'a red circle on a blue background', parameters: { seed: 1 } },
      { instruction: 'make the circle green', parameters: { seed: 1, count: 2 } },
    ])
      for (const { id } of (await chat.api.turns.create(session.id, turn)).generations)
        await chat.api.generations.wait(id)
    page = await chat.open(`/c/${sessionId}`, { permissions: ['clipboard-read', 'clipboard-write'] })
    await stage().getByRole('img', { name: 'make the circle green' }).waitFor()
  })
  afterAll(() => chat?.close())

  const stage = (on = page) => on.getByRole('region', { name: 'Picture', exact: true })
  const surface = (on = page) => on.getByRole('application', { name: /^Mask/ })
  const share = async () => Number(/(\d+) %/.exec((await page.getByText(/% of the picture/).textContent())!)![1])
  const drag = async (points: readonly (readonly [number, number])[]) => {
    const box = (await surface().boundingBox())!
    const at = ([x, y]: readonly [number, number]) => [box.x + box.width * x, box.y + box.height * y] as const
    await page.mouse.move(...at(points[0]!))
    await page.mouse.down()
    for (const point of points.slice(1)) await page.mouse.move(...at(point), { steps: 6 })
    await page.mouse.up()
  }
  const openMask = async () => {
    await stage().getByRole('button', { name: 'Mask', exact: true }).click()
    await surface().waitFor()
  }
  const menu = async (button: string, item: string) => {
    await stage().getByRole('button', { name: button, exact: true }).click()
    await page.getByRole('menuitem', { name: item, exact: true }).click()
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

  it('paints with every tool, and undoes it', async () => {
    await openMask()
    await drag([
      [0.3, 0.5],
      [0.7, 0.5],
    ])
    const stroke = await share()
    await page.keyboard.press('r')
    await drag([
      [0.2, 0.2],
      [0.8, 0.8],
    ])
    assert.ok((await share()) > 2 * stroke)
    await page.keyboard.press('e')
    await page.keyboard.press(']')
    const filled = await share()
    await drag([
      [0.3, 0.6],
      [0.7, 0.6],
    ])
    assert.ok((await share()) < filled)
    await page.keyboard.press('l')
    await drag([
      [0.1, 0.1],
      [0.3, 0.1],
      [0.1, 0.3],
    ])
    const painted = await share()
    await page.keyboard.press('ControlOrMeta+i')
    assert.ok(Math.abs((await share()) - (100 - painted)) <= 1)
    await page.keyboard.press('ControlOrMeta+z')
    assert.equal(await share(), painted)
    for (let i = 0; i < 3; i++) await page.keyboard.press('ControlOrMeta+z')
    assert.equal(await share(), stroke)
    await page.keyboard.press('ControlOrMeta+Shift+z')
    assert.equal(await share(), filled)
  })

  it('keeps a mask in progress over a reload, and its mode', async () => {
    await stage().getByRole('radio', { name: 'Erase', exact: true }).click()
    const before = await share()
    // longer than a change takes to be kept
    await page.waitForTimeout(800)
    await page.reload()
    await surface().waitFor()
    assert.equal(await share(), before)
    assert.equal(await stage().getByRole('radio', { name: 'Erase', exact: true }).isChecked(), true)
    await stage().getByRole('button', { name: 'Clear' }).click()
    await page.keyboard.press('Escape')
  })

  it('paints and extends by keys alone, and never loses the focus', async () => {
    const focused = () => page.evaluate('document.activeElement !== document.body')
    await stage().getByRole('button', { name: 'Mask', exact: true }).focus()
    await page.keyboard.press('Enter')
    await surface().waitFor()
    assert.ok(await focused())
    await surface().focus()
    await page.keyboard.press('Space')
    for (let i = 0; i < 3; i++) await page.keyboard.press('Shift+ArrowRight')
    await page.keyboard.press('Space')
    const line = await share()
    assert.ok(line > 0)
    await page.keyboard.press('r')
    await page.keyboard.press('Space')
    for (let i = 0; i < 2; i++) await page.keyboard.press('Shift+ArrowDown')
    await page.keyboard.press('Shift+ArrowLeft')
    await page.keyboard.press('Space')
    assert.ok((await share()) > line)
    await page.keyboard.press('ControlOrMeta+Enter')
    await stage().getByText('The mask of your next turn is on this picture.').waitFor()
    assert.ok(await focused())
    await stage().getByRole('button', { name: 'Remove mask' }).click()

    await stage().getByRole('button', { name: 'Extend', exact: true }).focus()
    await page.keyboard.press('Enter')
    const side = stage().getByRole('slider', { name: 'Room above' })
    await side.focus()
    assert.ok(await focused())
    await page.keyboard.press('ArrowUp')
    assert.equal(await side.getAttribute('aria-valuenow'), '16')
    await page.keyboard.press('End')
    assert.equal(await side.getAttribute('aria-valuenow'), '128')
    await page.keyboard.press('Home')
    assert.equal(await side.getAttribute('aria-valuenow'), '0')
    await page.keyboard.press('Escape')
    await eventually('the tool has the focus', focused)
  })

  it('extends by dragging a side, by a ratio, and on all sides', async () => {
    await stage().getByRole('button', { name: 'Extend', exact: true }).click()
    const side = stage().getByRole('slider', { name: 'Room to the left' })
    const { x, y, width, height } = (await side.boundingBox())!
    await page.mouse.move(x + width / 2, y + height / 2)
    await page.mouse.down()
    await page.mouse.move(x - 120, y + height / 2, { steps: 8 })
    await page.mouse.up()
    const room = Number(await side.getAttribute('aria-valuenow'))
    assert.ok(room > 0 && room % 16 === 0, `${room}`)
    await stage().getByRole('button', { name: '16:9' }).click()
    await stage().getByText('112 × 64').waitFor()
    await stage().getByRole('button', { name: '+25 %' }).click()
    await stage().getByText('96 × 96').waitFor()
    assert.equal(await stage().getByRole('button', { name: '1:1' }).isDisabled(), true)
    await page.keyboard.press('Escape')
  })

  it('changes the room of the next turn, and takes it off again', async () => {
    const field = page.getByRole('textbox', { name: 'Instruction' })
    await stage().getByRole('button', { name: 'Extend', exact: true }).click()
    await stage().getByRole('button', { name: '16:9' }).click()
    await stage().getByText('112 × 64').waitFor()
    await page.keyboard.press('ControlOrMeta+Enter')
    await stage().getByText('Your next turn draws what belongs in the new room.').waitFor()
    await page.getByRole('button', { name: 'Extends this: make the circle green, extended' }).waitFor()
    assert.equal(await field.innerText(), 'extend the picture')
    await page.reload()
    await stage().getByRole('button', { name: 'Change the room' }).click()
    await stage().getByText('112 × 64').waitFor()
    await page.keyboard.press('ControlOrMeta+Enter')
    await stage().getByRole('button', { name: 'Remove the room' }).click()
    await page.getByRole('button', { name: 'Edits this: make the circle green' }).waitFor()
    assert.equal(await field.innerText(), '')
    await stage().getByText('64 × 64').waitFor()
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
    assert.ok(Number(await divider.getAttribute('aria-valuenow')) > before)
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
    await surface().waitFor()
    // the bar is a quarter of the picture
    assert.equal(await share(), 25)
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
    await chat.api.turns.create(other.id, { instruction: 'make it night', parameters: { seed: 1, steps: 100 } })
    await stage(own).getByText('make it night').waitFor()
    await stage(own).getByRole('button', { name: 'Cancel' }).click()
    await stage(own).getByRole('button', { name: 'Cancel' }).waitFor({ state: 'detached' })
    await eventually('it is cancelled', async () =>
      (await chat.api.sessions.turns(other.id)).data.at(-1)!.generations.some(({ status }) => status === 'cancelled'),
    )

    await stage(own).getByRole('button', { name: 'Mask', exact: true }).click()
    const box = (await surface(own).boundingBox())!
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

  it('is used by touch on a phone: one finger paints, two zoom, a finger drags a side', async () => {
    const small = await chat.open(`/c/${sessionId}`, phone)
    const touch = await small.context().newCDPSession(small)
    await small.getByRole('article', { name: 'make the circle green' }).locator('figure button').last().tap()
    const layer = small.getByRole('dialog', { name: 'Picture' })
    await layer.getByRole('button', { name: 'Mask', exact: true }).tap()
    const box = (await surface(small).boundingBox())!
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
    await move(touch, [[x - 60, y]], [[x + 60, y]])
    const text = small.getByRole('button', { name: 'Undo' })
    await eventually('a stroke', async () => text.isEnabled())

    const before = (await layer.getByRole('img', { name: 'The picture under the mask' }).boundingBox())!
    await move(
      touch,
      [
        [x - 20, y],
        [x + 20, y],
      ],
      [
        [x - 90, y],
        [x + 90, y],
      ],
    )
    await eventually('zoomed', async () => {
      const now = await layer.getByRole('img', { name: 'The picture under the mask' }).boundingBox()
      return now!.width > 1.3 * before.width
    })
    await text.tap()
    assert.equal(await text.isDisabled(), true, 'two fingers have painted')
    await layer.getByRole('button', { name: /^Close/ }).tap()

    await layer.getByRole('button', { name: 'Extend', exact: true }).tap()
    const side = layer.getByRole('slider', { name: 'Room below' })
    const handle = (await side.boundingBox())!
    const [hx, hy] = [handle.x + handle.width / 2, handle.y + handle.height / 2]
    await move(touch, [[hx, hy]], [[hx, hy + 80]])
    await eventually('room', async () => Number(await side.getAttribute('aria-valuenow')) > 0)

    // Back leaves one thing after another: the tool, full screen, the stage.
    const address = small.url()
    await small.goBack()
    await layer.getByRole('button', { name: 'Full screen' }).tap()
    const screen = small.getByRole('dialog', { name: 'make the circle green' })
    await screen.getByText('3 of 3').waitFor()
    await move(touch, [[120, 400]], [[320, 400]])
    await screen.getByText('2 of 3').waitFor()
    await small.goBack()
    await screen.waitFor({ state: 'detached' })
    await small.goBack()
    await layer.waitFor({ state: 'detached' })
    assert.equal(small.url(), address)
    await small.context().close()
  })

  it('reports nothing as an error', () => assert.deepEqual(chat.problems, []))
})

/** Moves fingers from some places to others. */
async function move(touch: CDPSession, from: [number, number][], to: [number, number][]): Promise<void> {
  const send = (type: 'touchStart' | 'touchMove' | 'touchEnd', points: [number, number][]) =>
    touch.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) })
  for (let count = 1; count <= from.length; count++) await send('touchStart', from.slice(0, count))
  for (let step = 1; step <= 12; step++) {
    const at = from.map(([x, y], i): [number, number] => [
      x + ((to[i]![0] - x) * step) / 12,
      y + ((to[i]![1] - y) * step) / 12,
    ])
    await send('touchMove', at)
  }
  await send('touchEnd', [])
}

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
