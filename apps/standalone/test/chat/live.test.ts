import assert from 'node:assert/strict'
import { afterAll, beforeAll, it } from '@jest/globals'
import { describeUnless, eventually, FlakyProxy, sharedBrowser } from '@atelier/testing'
import type { Page } from 'playwright-core'
import { makeFailure } from './make-conversation.js'
import { reconnectProbe } from './page-probes.js'
import { modelProcess, whileModelStands, type StandingModel } from './standing-model.js'
import { picturesCome, say, startChat, turnOf, type Chat } from './start-chat.js'

const chromiumServer = sharedBrowser()

describeUnless(chromiumServer.missing)('what happens meanwhile', () => {
  let chat: Chat
  beforeAll(async () => {
    chat = await startChat(chromiumServer.url)
  })
  afterAll(() => chat?.close())

  const slow = { parameters: { steps: 60, count: 2, seed: 1 } }
  const conversation = async () => (await chat.api.sessions.create({ title: 'Live' })).id
  const whileStanding = (act: (model: StandingModel) => Promise<void>) => whileModelStands(chat.stack.process.pid!, act)
  const showsStep = (on: Page, instruction: string) => async () =>
    (await turnOf(on, instruction)
      .getByText(/Step \d+ of 60/)
      .count()) > 0

  it('is the same in two tabs and on another device, step by step', async () => {
    const page = await chat.open()
    await say(page, 'a red circle on a blue background')
    await page.waitForURL(/\/c\/ses_/)
    const path = new URL(page.url()).pathname
    const tab = await page.context().newPage()
    await tab.goto(chat.url + path)
    const device = await chat.open(path)
    const watching = [page, tab, device]
    for (const one of watching) await picturesCome(one, 'a red circle')
    await whileStanding(async (model) => {
      await chat.api.turns.create(/ses_[0-9a-z]+/.exec(path)![0], { instruction: 'make the circle green', ...slow })
      for (const one of watching) await model.until('it shows a step', showsStep(one, 'make the circle green'))
      await turnOf(device, 'make the circle green').getByRole('button', { name: 'Cancel' }).last().click()
    })
    for (const one of watching) await turnOf(one, 'make the circle green').getByText('Cancelled.').first().waitFor()
    await page.context().close()
    await device.context().close()
  })

  it('shows what comes before a turn that another device adds to another branch', async () => {
    const id = await conversation()
    const make = async (instruction: string, options = {}) => {
      const { turn, generations } = await chat.api.turns.create(id, { instruction, ...options })
      await chat.api.generations.wait(generations[0]!.id)
      return turn.id
    }
    await make('a red circle on a blue background')
    const night = await make('make it night')
    await make('a green tree on a meadow', { images: [], parentTurnId: null })
    const page = await chat.open(`/c/${id}`)
    await turnOf(page, 'a green tree').waitFor()
    await make('make the circle green', { parentTurnId: night })
    for (const instruction of ['make the circle green', 'make it night', 'a red circle'])
      await turnOf(page, instruction).waitFor()
    await page.context().close()
  })

  it('goes on after the connection was cut, says so, and loses no step', async () => {
    const proxy = await FlakyProxy.open(chat.url)
    const url = proxy.url.replace(/\/$/, '')
    const id = await conversation()
    // high enough for all turns: those out of sight are not in the page
    const page = await chat.open(`/c/${id}`, { url, viewport: { width: 1440, height: 2400 } })
    await say(page, 'a yellow star on a purple background')
    await picturesCome(page, 'a yellow star')
    proxy.cut()
    await page.getByText('The connection is lost. Reconnecting …').first().waitFor()
    await page.getByRole('textbox', { name: 'Instruction' }).click()
    await page.keyboard.insertText('written meanwhile')
    // what the page does not hear of until it is back
    const night = await chat.api.turns.create(id, { instruction: 'make it night' })
    await chat.api.generations.wait(night.generations[0]!.id)
    await whileStanding(async (model) => {
      await chat.api.turns.create(id, { instruction: 'make the star bigger', ...slow })
      proxy.mend()
      await page.getByText('The connection is lost. Reconnecting …').first().waitFor({ state: 'hidden' })
      await model.until('it shows a step', showsStep(page, 'make the star bigger'))
    })
    await picturesCome(page, 'make it night')
    await picturesCome(page, 'make the star bigger', 2)
    assert.match((await page.getByRole('textbox', { name: 'Instruction' }).textContent()) ?? '', /written meanwhile/)
    await page.context().close()
    await proxy.close()
  })

  it('keeps what is sent while nothing can be reached, and sends it then', async () => {
    const proxy = await FlakyProxy.open(chat.url)
    const url = proxy.url.replace(/\/$/, '')
    const id = await conversation()
    const page = await chat.open(`/c/${id}`, { url, probes: [reconnectProbe] })
    await page.getByRole('textbox', { name: 'Instruction' }).waitFor()
    // without any network it says so at once, and goes on as soon as there is one
    await page.context().setOffline(true)
    await page.getByText('You are offline. What you write is kept.').waitFor()
    await page.context().setOffline(false)
    await eventually('it says that it is back', () => page.evaluate('window.__saidBack'))
    assert.ok(await page.evaluate('window.__openedAtOnce'), 'it waited before it tried again')
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
    await picturesCome(page, 'a blue square')
    assert.equal((await chat.api.sessions.turns(id)).data.length, 1, 'sent once')
    await page.context().close()
    await proxy.close()
  })

  it('keeps a turn whose answer is lost beside what is written since, and makes it once when it is sent again', async () => {
    const page = await chat.open('/')
    const turns = '**/v1/sessions/*/turns'
    await page.route(turns, async (route) => {
      await route.fetch()
      await route.abort()
    })
    const instruction = 'a white circle on a black background'
    await say(page, instruction)
    await page.keyboard.insertText('something else')
    const notice = page.getByRole('alert').filter({ hasText: instruction })
    await notice.waitFor()
    await page.reload()
    await page.unroute(turns)
    await notice.getByRole('button', { name: 'Put the text back' }).click()
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.waitForURL(/\/c\/ses_/)
    const { data } = await chat.api.sessions.list({ query: instruction })
    assert.equal(data.length, 1, 'one conversation')
    assert.equal((await chat.api.sessions.turns(data[0]!.id)).data.length, 1, 'with one turn')
    await page.context().close()
  })

  it('opens a conversation while the server restarts behind a proxy', async () => {
    const id = await conversation()
    await chat.api.turns.create(id, { instruction: 'a yellow star on a purple background' })
    const page = await chat.open(null)
    let away = true
    await page.route(`**/v1/sessions/${id}`, (route) =>
      away ? route.fulfill({ status: 503, body: 'Service Unavailable' }) : route.continue(),
    )
    await page.goto(`${chat.url}/c/${id}`)
    await page.getByText('The connection is lost. Reconnecting …').first().waitFor()
    away = false
    await turnOf(page, 'a yellow star').waitFor({ timeout: 60_000 })
    await page.context().close()
  })

  it('is made by another worker when one is killed, while the page watches', async () => {
    const id = await conversation()
    const page = await chat.open(`/c/${id}`)
    await page.getByRole('textbox', { name: 'Instruction' }).waitFor()
    // it may be over when it is looked for
    await page.evaluate(`new MutationObserver(() => {
      if (document.querySelector('article')?.textContent.includes('attempt 2')) window.__again = true
    }).observe(document.body, { childList: true, characterData: true, subtree: true })`)
    await whileStanding(async (model) => {
      await chat.api.turns.create(id, { instruction: 'a green triangle on a pink background', ...slow })
      await model.until('it shows a step', showsStep(page, 'a green triangle'))
      process.kill(modelProcess(chat.stack.process.pid!)!, 'SIGKILL')
    })
    await eventually('another attempt', () => page.evaluate('window.__again'), 120_000)
    await picturesCome(page, 'a green triangle', 2)
    await page.context().close()
  })

  it('says in plain words why there is no picture, with the next step as a button', async () => {
    const page = await chat.open(`/c/${await makeFailure(chat)}`)
    const turn = turnOf(page, 'a pink house')
    await turn.getByRole('button', { name: 'Try again' }).first().click()
    await picturesCome(page, 'a pink house')
    await page.context().close()
    // the model starts four times and makes a hundred slow steps
  }, 600_000)

  it('says what could not be read, and reads it when it is told to', async () => {
    const id = await conversation()
    const { generations } = await chat.api.turns.create(id, { instruction: 'a green tree on a meadow' })
    await chat.api.generations.wait(generations[0]!.id)
    const page = await chat.open(`/c/${id}`)
    const read = `**/v1/generations/${generations[0]!.id}`
    await page.route(read, (route) => route.fulfill({ status: 500, json: {} }))
    await page.getByRole('button', { name: 'What the model saw' }).first().click()
    const drawer = page.getByRole('dialog', { name: 'What the model saw' })
    await drawer.getByRole('button', { name: 'Try again' }).waitFor()
    await page.unroute(read)
    await drawer.getByRole('button', { name: 'Try again' }).click()
    await drawer.getByText('Seed').waitFor()
    await page.context().close()
  })

  it('had no error in the browser but the lost connection', () => {
    assert.deepEqual(
      chat.problems.filter((problem) => !/ERR_|WebSocket|Failed to load|Unable to preload|PartNotLoaded/.test(problem)),
      [],
    )
  })
})
