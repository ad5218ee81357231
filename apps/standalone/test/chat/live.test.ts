import assert from 'node:assert/strict'
import { afterAll, beforeAll, it } from '@jest/globals'
import { describeUnless, eventually, FlakyProxy, sharedBrowser } from '@atelier/testing'
import { makeFailure, modelProcess } from './make-conversation.js'
import { imagesOf, say, startChat, turnOf, type Chat } from './start-chat.js'

const chromiumServer = sharedBrowser()

describeUnless(chromiumServer.missing)('what happens meanwhile', () => {
  let chat: Chat
  beforeAll(async () => {
    chat = await startChat(chromiumServer.url)
  })
  afterAll(() => chat?.close())

  const slow = { parameters: { steps: 60, count: 2, seed: 1 } }
  const conversation = async () => (await chat.api.sessions.create({ title: 'Live' })).id

  it('is the same in two tabs and on another device, step by step', async () => {
    const page = await chat.open()
    await say(page, 'a red circle on a blue background')
    await page.waitForURL(/\/c\/ses_/)
    const path = new URL(page.url()).pathname
    const tab = await page.context().newPage()
    await tab.goto(chat.url + path)
    const device = await chat.open(path)
    const watching = [page, tab, device]
    for (const one of watching)
      await eventually('the picture', async () => (await imagesOf(one, 'a red circle')) === 1, 30_000)
    await chat.api.turns.create(/ses_[0-9a-z]+/.exec(path)![0], { instruction: 'make the circle green', ...slow })
    for (const one of watching)
      await turnOf(one, 'make the circle green')
        .getByText(/Step \d+ of 60/)
        .first()
        .waitFor()
    await turnOf(device, 'make the circle green').getByRole('button', { name: 'Cancel' }).last().click()
    for (const one of watching) await turnOf(one, 'make the circle green').getByText('Cancelled.').first().waitFor()
    await page.context().close()
    await device.context().close()
  })

  it('goes on after the connection was cut, says so, and loses no step', async () => {
    const proxy = await FlakyProxy.open(chat.url)
    const url = proxy.url.replace(/\/$/, '')
    const id = await conversation()
    // high enough for all turns: those out of sight are not in the page
    const page = await chat.open(`/c/${id}`, { url, viewport: { width: 1440, height: 2400 } })
    await say(page, 'a yellow star on a purple background')
    await eventually('the picture', async () => (await imagesOf(page, 'a yellow star')) === 1, 30_000)
    proxy.cut()
    await page.getByText('The connection is lost. Reconnecting …').first().waitFor()
    await page.getByRole('textbox', { name: 'Instruction' }).click()
    await page.keyboard.insertText('written meanwhile')
    // what the page does not hear of until it is back
    const night = await chat.api.turns.create(id, { instruction: 'make it night' })
    await chat.api.generations.wait(night.generations[0]!.id)
    await chat.api.turns.create(id, { instruction: 'make the star bigger', ...slow })
    proxy.mend()
    await page.getByText('The connection is lost. Reconnecting …').first().waitFor({ state: 'hidden' })
    await turnOf(page, 'make the star bigger')
      .getByText(/Step \d+ of 60/)
      .first()
      .waitFor()
    await eventually('what was missed', async () => (await imagesOf(page, 'make it night')) === 1, 30_000)
    await eventually('what goes on', async () => (await imagesOf(page, 'make the star bigger')) === 2, 120_000)
    assert.match((await page.getByRole('textbox', { name: 'Instruction' }).textContent()) ?? '', /written meanwhile/)
    await page.context().close()
    await proxy.close()
  })

  it('keeps what is sent while nothing can be reached, and sends it then', async () => {
    const proxy = await FlakyProxy.open(chat.url)
    const url = proxy.url.replace(/\/$/, '')
    const id = await conversation()
    const page = await chat.open(`/c/${id}`, { url })
    await page.getByRole('textbox', { name: 'Instruction' }).waitFor()
    // without any network it says so at once, and goes on as soon as there is one
    await page.context().setOffline(true)
    await page.getByText('You are offline. What you write is kept.').waitFor()
    await page.context().setOffline(false)
    await page.getByText('Connected again.').waitFor({ timeout: 3_000 })
    proxy.cut()
    await say(page, 'a blue square on a white background')
    await page
      .getByText(/not responding|connection is lost/i)
      .first()
      .waitFor()
    proxy.mend()
    const field = page.getByRole('textbox', { name: 'Instruction' })
    // the client tries a few times by itself; after that the words are still there to be sent again
    await eventually('sent or kept', async () => {
      const turns = (await chat.api.sessions.turns(id)).data.length
      return turns === 1 || /a blue square/.test((await field.textContent()) ?? '')
    })
    if (/a blue square/.test((await field.textContent()) ?? '')) {
      await field.click()
      await page.keyboard.press('Enter')
    }
    await eventually('the picture', async () => (await imagesOf(page, 'a blue square')) === 1, 30_000)
    assert.equal((await chat.api.sessions.turns(id)).data.length, 1, 'sent once')
    await page.context().close()
    await proxy.close()
  })

  it('is made by another worker when one is killed, while the page watches', async () => {
    const id = await conversation()
    const page = await chat.open(`/c/${id}`)
    await page.getByRole('textbox', { name: 'Instruction' }).waitFor()
    await chat.api.turns.create(id, { instruction: 'a green triangle on a pink background', ...slow })
    const turn = turnOf(page, 'a green triangle')
    await turn
      .getByText(/Step \d+ of 60/)
      .first()
      .waitFor()
    process.kill(modelProcess(chat)!, 'SIGKILL')
    await turn
      .getByText(/attempt 2/)
      .first()
      .waitFor({ timeout: 60_000 })
    await eventually('both pictures', async () => (await imagesOf(page, 'a green triangle')) === 2, 120_000)
    await page.context().close()
  })

  it('says in plain words why there is no picture, with the next step as a button', async () => {
    const page = await chat.open(`/c/${await makeFailure(chat)}`)
    const turn = turnOf(page, 'a pink house')
    await turn.getByRole('button', { name: 'Try again' }).first().click()
    await eventually('another run', async () => (await imagesOf(page, 'a pink house')) >= 1, 120_000)
    await page.context().close()
  })

  it('had no error in the browser but the lost connection', () => {
    assert.deepEqual(
      chat.problems.filter((problem) => !/ERR_|WebSocket|Failed to load|Unable to preload|PartNotLoaded/.test(problem)),
      [],
    )
  })
})
