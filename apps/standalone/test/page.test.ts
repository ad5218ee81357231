import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, it } from '@jest/globals'
import { chromium, type Browser, type Page } from 'playwright-core'
import { describeUnless, freePort, sharedBrowser } from '@atelier/testing'
import { startStack, type StartedStack } from './start-stack.js'

const chromiumServer = sharedBrowser()

describeUnless(chromiumServer.missing)('the page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'atelier page '))
  const problems: string[] = []
  let stack: StartedStack
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    stack = await startStack({ ATELIER_DATA: join(folder, 'data'), PORT: String(await freePort()) })
    browser = await chromium.connect(chromiumServer.url)
    page = await (await browser.newContext()).newPage()
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text())
    })
  })
  afterAll(async () => {
    await browser?.close()
    await stack?.stop('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  })

  const finished = (count: number) =>
    page
      .locator('.turns button.frame img')
      .nth(count - 1)
      .waitFor({ timeout: 60_000 })
  const write = async (instruction: string) => {
    await page.getByLabel('Instruction').fill(instruction)
    await page.keyboard.press('Enter')
  }

  const link = () => /#sign-in=[0-9a-f]{64}/.exec(stack.output())![0]

  it('signs in by the link that npm start printed, and says what the model is', async () => {
    await page.goto(`${stack.url}/${link()}`)
    await page.getByLabel('Instruction').waitFor()
    await page.getByText(/small-world demo model/i).waitFor()
    assert.equal(page.url(), `${stack.url}/`)
    assert.equal(await page.evaluate('document.cookie'), '')
  })

  it('is signed in in other tabs, with the used link too', async () => {
    for (const address of [stack.url, `${stack.url}/${link()}`]) {
      const tab = await page.context().newPage()
      await tab.goto(address)
      await tab.getByLabel('Instruction').waitFor()
      await tab.close()
    }
  })

  it('asks another browser for a key: without a link, or with one that was used', async () => {
    const other = await browser.newContext()
    const tab = await other.newPage()
    await tab.goto(stack.url)
    await tab.getByLabel('Your key').waitFor()
    await tab.goto('about:blank')
    await tab.goto(`${stack.url}/${link()}`)
    await tab.getByText(/used before/).waitFor()
    await tab.getByLabel('Your key').fill('atl_wrong')
    await tab.keyboard.press('Enter')
    await tab.getByText(/not valid/).waitFor()
    await tab.getByLabel('Your key').fill(readFileSync(join(folder, 'data', 'key'), 'utf8').trim())
    await tab.keyboard.press('Enter')
    await tab.getByLabel('Instruction').waitFor()
    await tab.reload()
    await tab.getByLabel('Instruction').waitFor()
    await tab.goto(`${stack.url}/admin/queues`)
    await tab.getByText('generations').first().waitFor()
    await other.close()
  })

  it('makes a picture, then edits it', async () => {
    await write('a red circle on a blue background')
    await finished(1)
    await write('make the circle green')
    await finished(2)
  })

  it('shows the same conversation after a reload', async () => {
    await page.reload()
    await finished(2)
    assert.match((await page.textContent('.turns')) ?? '', /make the circle green/)
  })

  it('had no error in the browser', () => assert.deepEqual(problems, []))
})
