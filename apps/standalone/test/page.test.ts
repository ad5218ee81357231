import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
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
    page = await browser.newPage()
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

  it('signs in on this machine by itself and says what the model is', async () => {
    await page.goto(stack.url)
    await page.getByLabel('Instruction').waitFor()
    await page.getByText(/small-world demo model/i).waitFor()
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
