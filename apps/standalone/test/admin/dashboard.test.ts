import assert from 'node:assert/strict'
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, it } from '@jest/globals'
import { describeUnless, eventually, sharedBrowser } from '@atelier/testing'
import { startChat, type Chat } from '../chat/start-chat.js'
import { dashboardSteps } from './dashboard-steps.js'

const chromiumServer = sharedBrowser()

describeUnless(chromiumServer.missing)('the dashboard', () => {
  let chat: Chat
  beforeAll(async () => {
    chat = await startChat(chromiumServer.url, { WEBHOOK_NETWORKS: '127.0.0.0/8' })
  })
  afterAll(() => chat?.close())

  const { admin, open, ask, confirm } = dashboardSteps(() => chat)

  it('asks for a key, and tells whoever has no admin key so', async () => {
    const { token } = await admin('POST', 'keys', { name: 'Ada' })
    const page = await open('', { key: null })
    await page.getByLabel('Your key').fill(token)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'This needs an admin key' }).waitFor()
    await page.getByText('“Ada”').waitFor()
    assert.equal(await page.getByRole('navigation').count(), 0)
    await page.getByRole('button', { name: 'Sign in with another key' }).click()
    await page.getByLabel('Your key').fill(chat.key)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Now' }).waitFor()
    await page.context().close()
  })

  it('says in one sentence that all is well, and hears of what changes', async () => {
    const page = await open()
    await page.getByRole('region', { name: 'Health' }).getByText('Everything works.').waitFor()
    const tile = page.getByRole('definition').filter({ hasText: /^[1-9]/ })
    await page.getByText('Live', { exact: true }).waitFor()
    await ask('a red circle on a blue background')
    await eventually('a success is counted', async () => (await tile.count()) > 0, 120_000)
    await page.getByRole('img', { name: /^Ended|succeeded/ }).waitFor()
    await page.context().close()
  })

  it('deletes orphans, and nothing else', async () => {
    const folder = join(chat.data, 'objects/generations/gen_0000000000000000')
    const [orphan, young] = [join(folder, '0.png'), join(folder, '1.png')]
    mkdirSync(folder, { recursive: true })
    for (const file of [orphan, young]) writeFileSync(file, 'left behind')
    const longAgo = Date.now() / 1000 - 7200
    utimesSync(orphan, longAgo, longAgo)
    const page = await open('/storage')
    await page.getByRole('button', { name: 'Look for orphans' }).click()
    await page.getByText(/^1 of \d+ files are orphans/).waitFor()
    assert.ok(existsSync(orphan), 'looking deletes nothing')
    await confirm(page, page.getByRole('button', { name: 'Delete orphans' }))
    await page.getByText('1 files were deleted.').waitFor()
    assert.deepEqual([existsSync(orphan), existsSync(young)], [false, true])
    await page.context().close()
  })

  it('sends a message of a webhook again', async () => {
    const heard: unknown[] = []
    const server = createServer((request, response) => {
      heard.push(request.headers['webhook-id'])
      request.resume().on('end', () => response.end())
    })
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
      const headers = { authorization: `Bearer ${chat.key}`, 'content-type': 'application/json' }
      const body = JSON.stringify({ url, events: ['generation.succeeded'] })
      assert.equal((await fetch(`${chat.url}/v1/webhooks`, { method: 'POST', headers, body })).status, 201)
      await ask('a yellow circle on a blue background')
      await eventually('the message comes', () => heard.length === 1, 120_000)
      const [{ id }] = (await admin('GET', 'webhooks')).data
      // the list is read once, and what has arrived may not have been written down yet
      await eventually(
        'that is known',
        async () => (await admin('GET', `webhooks/${id}/deliveries?status=delivered`)).data.length === 1,
      )
      const page = await open('/webhooks')
      await page.getByRole('button', { name: 'All', exact: true }).click()
      await page.getByRole('region', { name: url }).getByText('Messages', { exact: true }).click()
      await page.getByText('Delivered', { exact: true }).first().click()
      await page.getByRole('button', { name: `Send again: ${String(heard[0])}` }).click()
      await page.getByText('It is sent again.').waitFor()
      await eventually('it comes again', () => heard.length === 2, 120_000)
      assert.equal(heard[1], heard[0])
      await page.context().close()
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  it('fits into 360 pixels in every section, and leads from one to the other by the keyboard', async () => {
    const page = await open('', { viewport: { width: 360, height: 780 } })
    for (const name of ['Now', 'Workers', 'Queue', 'Owners and keys', 'Storage', 'Webhooks', 'Audit log']) {
      await page.getByRole('link', { name, exact: true }).focus()
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name, level: 1 }).waitFor()
      await eventually('it has been read', async () => {
        const text = await page.locator('main').innerText()
        return text.length > 2 * name.length && !text.includes('Reading …')
      })
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, name)
    }
    await page.context().close()
  })

  it('is at its own addresses, and Bull Board still at its own', async () => {
    const page = await open('/queues')
    await page.getByText('generations').first().waitFor()
    await page.goto(`${chat.url}/admin/owners`)
    await page.getByRole('heading', { name: 'Owners and keys' }).waitFor()
    assert.equal(await page.title(), 'Owners and keys · Atelier admin')
    await page.getByRole('link', { name: 'Bull Board' }).click()
    await page.waitForURL('**/admin/queues**')
    await page.goto(chat.url)
    await page.getByRole('textbox', { name: 'Instruction' }).waitFor()
    const scripts = (await page.evaluate(
      "performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => /\\.js$/.test(name))",
    )) as string[]
    assert.ok(scripts.length > 0)
    for (const script of scripts) assert.doesNotMatch(script, /admin|charts|section/)
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
