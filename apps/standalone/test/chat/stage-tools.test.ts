import assert from 'node:assert/strict'
import { afterAll, beforeAll, it } from '@jest/globals'
import { describeUnless, eventually, sharedBrowser } from '@atelier/testing'
import type { CDPSession, Page } from 'playwright-core'
import { phone, type Chat } from './start-chat.js'
import { shareOf, stageOf, startStage, surfaceOf } from './start-stage.js'

const chromiumServer = sharedBrowser()

describeUnless(chromiumServer.missing)('the tools of the stage', () => {
  let chat: Chat
  let page: Page
  let sessionId: string
  beforeAll(async () => {
    ;({ chat, page, sessionId } = await startStage(chromiumServer.url))
  })
  afterAll(() => chat?.close())

  const stage = () => stageOf(page)
  const surface = () => surfaceOf(page)
  const share = () => shareOf(page)
  const drag = async (points: readonly (readonly [number, number])[]) => {
    const box = (await surface().boundingBox())!
    const at = ([x, y]: readonly [number, number]) => [box.x + box.width * x, box.y + box.height * y] as const
    await page.mouse.move(...at(points[0]!))
    await page.mouse.down()
    for (const point of points.slice(1)) await page.mouse.move(...at(point), { steps: 6 })
    await page.mouse.up()
  }

  it('paints with every tool, and undoes it', async () => {
    await stage().getByRole('button', { name: 'Mask', exact: true }).click()
    await surface().waitFor()
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
    await eventually('it is kept', () => page.evaluate(modesOfKeptMasks).then((modes) => modes === 'erase'))
    await page.reload()
    await surface().waitFor()
    assert.equal(await share(), before)
    assert.equal(await stage().getByRole('radio', { name: 'Erase', exact: true }).isChecked(), true)
    await stage().getByRole('button', { name: 'Clear' }).click()
    await page.keyboard.press('Escape')
  })

  it('stays zoomed when the mode of the mask changes, and knows it', async () => {
    await stage().getByRole('button', { name: 'Mask', exact: true }).click()
    await surface().waitFor()
    const zoomOut = stage().getByRole('button', { name: 'Zoom out' })
    assert.equal(await zoomOut.isDisabled(), true)
    await stage().getByRole('button', { name: 'Zoom in' }).click()
    await eventually('zoomed', async () => !(await zoomOut.isDisabled()))
    await stage().getByRole('radio', { name: 'Erase', exact: true }).click()
    await page.waitForTimeout(300)
    assert.equal(await zoomOut.isDisabled(), false)
    await page.keyboard.press('Escape')
  })

  it('paints and extends by keys alone, and never loses the focus', async () => {
    const focused = () => page.evaluate('document.activeElement !== document.body')
    await stage().getByRole('button', { name: 'Mask', exact: true }).focus()
    await page.keyboard.press('Enter')
    await surface().waitFor()
    await eventually('the tool has the focus', focused)
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
    await eventually('something has the focus', focused)
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
    const room = async () => Number(await side.getAttribute('aria-valuenow'))
    await eventually('there is room', async () => (await room()) > 0)
    assert.equal((await room()) % 16, 0)
    await stage().getByRole('button', { name: '16:9' }).click()
    await stage().getByText('112 × 64').waitFor()
    await stage().getByRole('button', { name: '+25 %' }).click()
    await stage().getByText('96 × 96').waitFor()
    assert.equal(await stage().getByRole('button', { name: '1:1' }).isDisabled(), true)
    await page.keyboard.press('Escape')
  })

  it('does not put room that was kept over what is done before it is read', async () => {
    const extend = stage().getByRole('button', { name: 'Extend', exact: true })
    await extend.click()
    await stage().getByRole('button', { name: '+25 %' }).click()
    await stage().getByText('96 × 96').waitFor()
    await page.keyboard.press('Escape')
    await stage().getByRole('button', { name: 'Mask', exact: true }).waitFor()
    await page.evaluate(holdUnfinished)
    await extend.click()
    await stage().getByRole('button', { name: '16:9' }).click()
    await stage().getByText('112 × 64').waitFor()
    await page.evaluate('window.__letGo()')
    assert.equal(await stage().getByText('112 × 64').count(), 1)
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
    await eventually('words for it', async () => (await field.innerText()) === 'extend the picture')
    await page.reload()
    await stage().getByRole('button', { name: 'Change the room' }).click()
    await stage().getByText('112 × 64').waitFor()
    await page.keyboard.press('ControlOrMeta+Enter')
    await stage().getByRole('button', { name: 'Remove the room' }).click()
    await page.getByRole('button', { name: 'Edits this: make the circle green' }).waitFor()
    await eventually('no words', async () => (await field.innerText()) === '')
    await stage().getByText('64 × 64').waitFor()
  })

  it('is used by touch on a phone: one finger paints, two zoom, a finger drags a side', async () => {
    const small = await chat.open(`/c/${sessionId}`, phone)
    const touch = await small.context().newCDPSession(small)
    await small.getByRole('article', { name: 'make the circle green' }).locator('figure button').last().tap()
    const layer = small.getByRole('dialog', { name: 'Picture' })
    await layer.getByRole('button', { name: 'Mask', exact: true }).tap()
    const box = (await surfaceOf(small).boundingBox())!
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
    // a tap becomes a click a little later; what two fingers had painted would be left
    await eventually('nothing is left to undo', () => text.isDisabled())
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

/** Lets nobody read or write what is unfinished until `__letGo`, which is done when whoever waited has read and written. */
const holdUnfinished = `new Promise((resolve) => {
  indexedDB.open('atelier-unfinished').addEventListener('success', ({ target: { result: database } }) => {
    const store = () => database.transaction('unfinished', 'readwrite').objectStore('unfinished')
    const first = store()
    let held = true
    const next = () => {
      if (held) first.count().addEventListener('success', next)
      resolve()
    }
    first.count().addEventListener('success', next)
    window.__letGo = () => new Promise((done) => {
      held = false
      store().count().addEventListener('success', () => {
        database.close()
        setTimeout(done)
      })
    })
  })
})`

/** How the masks are used that this browser keeps. */
const modesOfKeptMasks = `new Promise((resolve) => {
  indexedDB.open('atelier-unfinished').addEventListener('success', ({ target: { result: database } }) => {
    const kept = database.transaction('unfinished').objectStore('unfinished').getAll()
    kept.addEventListener('success', () => {
      database.close()
      resolve(kept.result.map(({ value }) => value.mode).join())
    })
  })
})`

/** Moves fingers from some places to others, 10 ms after each other however long it takes: two that come late are not one pinch. */
async function move(touch: CDPSession, from: [number, number][], to: [number, number][]): Promise<void> {
  let ms = Date.now()
  const send = (type: 'touchStart' | 'touchMove' | 'touchEnd', points: [number, number][]) =>
    touch.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: points.map(([x, y], id) => ({ x, y, id })),
      timestamp: (ms += 10) / 1000,
    })
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
