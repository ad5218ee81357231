import assert from 'node:assert/strict'
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, it } from '@jest/globals'
import { describeUnless, eventually, sharedBrowser } from '@atelier/testing'
import { makeFailure } from '../chat/make-conversation.js'
import { startChat, type Chat } from '../chat/start-chat.js'
import { dashboardSteps } from './dashboard-steps.js'

const chromiumServer = sharedBrowser()

describeUnless(chromiumServer.missing)('the queue in the dashboard', () => {
  let chat: Chat
  beforeAll(async () => {
    chat = await startChat(chromiumServer.url)
  })
  afterAll(() => chat?.close())

  const { admin, open, ask, confirm } = dashboardSteps(() => chat)

  it('tells and retries a job that has failed', async () => {
    const made = await chat.api.generations.wait((await ask('a red circle on a blue background')).id)
    const { id: sessionId } = await chat.api.sessions.create({ title: 'Fails' })
    await admin('POST', 'queue/pause')
    const images = [{ imageId: made.images[0]!.id }]
    const turn = { instruction: 'make the circle green', images, parameters: { seed: 1 } }
    const { generations } = await chat.api.turns.create(sessionId, turn)
    const { id } = generations[0]!
    // its picture is missing when its turn comes, and back when it is tried again
    const [there, away] = [join(chat.data, `objects/generations/${made.id}/0.png`), join(chat.data, 'away.png')]
    renameSync(there, away)
    await admin('POST', 'queue/resume')
    const page = await open('/queue?status=failed')
    const row = page.getByRole('row', { name: id })
    await row.waitFor({ timeout: 120_000 })
    await row.getByRole('link', { name: id }).click()
    await page.waitForURL(`**/admin/queue/${id}`)
    await page.getByText('make the circle green').first().waitFor()
    await page.getByRole('table', { name: 'Attempts' }).getByText('Failed', { exact: true }).waitFor()
    renameSync(away, there)
    await page.getByRole('button', { name: 'Retry' }).click()
    await page.getByText('Repeated by').waitFor()
    await page.getByRole('definition').getByRole('link', { name: /^gen_/ }).click()
    await page.getByText('Succeeded', { exact: true }).first().waitFor({ timeout: 120_000 })
    await page.getByRole('img', { name: /^Picture img_/ }).waitFor()
    // the story of the failure says who has done what with it
    await page.goBack()
    await page.getByRole('table', { name: 'What operators did with it' }).getByText('retry').waitFor()
    await page.context().close()
  })

  it('pauses and resumes the queue', async () => {
    const page = await open('/queue')
    await confirm(page, page.getByRole('button', { name: 'Pause all' }))
    await page.getByText(/safe to stop workers/).waitFor()
    const { id } = await ask('a green triangle on a pink background')
    const row = page.getByRole('row', { name: id })
    await row.getByText('Waiting', { exact: true }).waitFor()
    await page.getByText('1 waiting, 0 running', { exact: false }).waitFor()
    await page.getByRole('button', { name: 'Resume all' }).click()
    await row.getByText('Succeeded').waitFor({ timeout: 120_000 })
    await page.context().close()
  })

  it('parks a job, moves one to the front, and cancels one', async () => {
    await admin('POST', 'queue/pause')
    const [first, second, third] = [await ask('a circle'), await ask('a triangle'), await ask('a star')]
    const page = await open(`/queue/${first.id}`)
    await confirm(page, page.getByRole('button', { name: 'Park' }))
    await page.getByRole('button', { name: 'Unpark' }).waitFor()
    await page.goto(`${chat.url}/admin/queue/${third.id}`)
    await page.getByRole('button', { name: 'Move to front' }).click()
    await page.getByText('next', { exact: true }).waitFor()
    await page.goto(`${chat.url}/admin/queue/${second.id}`)
    await confirm(page, page.getByRole('button', { name: 'Cancel' }))
    await page.getByText('Cancelled', { exact: true }).first().waitFor()
    await admin('POST', 'queue/resume')
    await chat.api.generations.wait(third.id)
    assert.equal((await chat.api.generations.get(first.id)).status, 'queued')
    await page.goto(`${chat.url}/admin/queue/${first.id}`)
    await page.getByRole('button', { name: 'Unpark' }).click()
    await page.getByText('Succeeded', { exact: true }).first().waitFor({ timeout: 120_000 })
    await page.context().close()
  })

  it('keeps a choice that is made before typing rests', async () => {
    const page = await open('/queue')
    const field = page.getByLabel('Beginning of an id')
    await field.waitFor()
    await page.clock.install()
    await page.clock.pauseAt(Date.now() + 60_000)
    await field.fill('gen_')
    await page.getByRole('combobox', { name: 'Status' }).selectOption('succeeded')
    await page.clock.runFor(1_000)
    await page.waitForURL(/search=gen_/)
    assert.match(page.url(), /status=succeeded/)
    await page.context().close()
  })

  it('puts a poison job back', async () => {
    await makeFailure(chat)
    const page = await open('/queue?status=poison')
    const list = page.getByRole('table', { name: 'Generations' })
    await list.getByText('Poison').waitFor()
    await confirm(page, list.getByRole('button', { name: /^Put back/ }))
    // it is told for a few seconds only
    const [again] = /gen_\w+/.exec((await page.getByText(/It runs again as gen_/).textContent())!)!
    await page.getByText('No generation matches these filters.').waitFor()
    assert.equal((await chat.api.generations.wait(again)).status, 'succeeded')
    await page.context().close()
    // the model starts four times and makes a hundred slow steps
  }, 600_000)

  it('pauses one model and resumes it', async () => {
    const page = await open('/queue')
    const running = await ask('a blue star on a green background', 100)
    await eventually('it runs', async () => (await chat.api.generations.get(running.id)).status !== 'queued')
    await confirm(page, page.getByRole('table', { name: 'By model' }).getByRole('button', { name: 'Pause: ace-mini' }))
    await page.getByText('One model paused').waitFor()
    const { id } = await ask('a red star on a green background')
    assert.equal((await chat.api.generations.wait(running.id)).status, 'succeeded', 'what runs finishes')
    const row = page.getByRole('row', { name: id })
    await row.getByText('Waiting', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Resume: ace-mini' }).click()
    await row.getByText('Succeeded').waitFor({ timeout: 120_000 })
    await page.context().close()
  })

  it('had no error in the browser but what was refused', () => {
    // Bull Board asks for a font from elsewhere, which the policy refuses; signing in begins with a refusal.
    const expected = /status of 40[01]|fonts\.googleapis/
    assert.deepEqual(
      chat.problems.filter((problem) => !expected.test(problem)),
      [],
    )
  })
})
