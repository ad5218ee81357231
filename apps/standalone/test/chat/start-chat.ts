import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Atelier } from '@atelier/client'
import { freePort } from '@atelier/embedded-postgres'
import { eventually } from '@atelier/testing/eventually'
import { chromium, type Browser, type BrowserContextOptions, type Locator, type Page } from 'playwright-core'
import { startStack, type StartedStack } from '../start-stack.js'

/** The viewports that the page is tried at. */
export const desktop = { width: 1440, height: 900 }
export const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } as const

/** How long a wait may last, in milliseconds: on a machine that is busy with other tests everything takes ten times as long. */
const patienceMs = 60_000

/** How a page is opened. */
export interface OpenOptions extends BrowserContextOptions {
  url?: string
  key?: string | null
  probes?: readonly string[]
}

/** The embedded stack with a browser before it. */
export interface Chat {
  stack: StartedStack
  url: string
  /** The folder of its data. */
  data: string
  /** The key of `npm start`. */
  key: string
  /** The same server, for what a test prepares or looks up. */
  api: Atelier
  browser: Browser
  /** What the pages have reported as errors so far. */
  problems: string[]
  /**
   * A page at `/` or another path (null: an empty page), in a browser of its own that is signed in.
   *
   * @param options.url - goes there instead, for example to a proxy before the server
   * @param options.key - signs in with it; null: not signed in
   * @param options.probes - scripts that run in the page before its own
   */
  open(path?: string | null, options?: OpenOptions): Promise<Page>
  close(): Promise<void>
}

/**
 * Starts `npm start`.
 *
 * @param browserUrl - of the browser that the tests share
 * @param env - settings
 * @param keep - folder of its data, which stays; default: an empty one, which does not
 */
export async function startChat(browserUrl: string, env: Record<string, string> = {}, keep?: string): Promise<Chat> {
  const folder = mkdtempSync(join(tmpdir(), 'atelier chat '))
  const data = keep ?? join(folder, 'data')
  // tests that look again and again until something is so would run into the limit of requests on a slow machine
  const settings = { ATELIER_DATA: data, PORT: String(await freePort()), RATE_LIMIT_PER_MINUTE: '0' }
  const stack = await startStack({ ...settings, ...env })
  const key = readFileSync(join(data, 'key'), 'utf8').trim()
  const browser = await chromium.connect(browserUrl)
  const problems: string[] = []
  return {
    stack,
    url: stack.url,
    data,
    key,
    api: new Atelier({ url: stack.url, token: key }),
    browser,
    problems,
    open: async (path = '/', { url = stack.url, key: own = key, probes = [], ...options } = {}) => {
      const context = await browser.newContext({ viewport: desktop, reducedMotion: 'reduce', ...options })
      context.setDefaultTimeout(patienceMs)
      if (own) await context.request.post(`${url}/v1/browser-sessions`, { data: { key: own } })
      for (const probe of probes) await context.addInitScript(probe)
      const page = await context.newPage()
      page.on('pageerror', (error) => problems.push(error.message))
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(`${message.text()} ${message.location().url}`)
      })
      if (path !== null) await page.goto(url + path)
      return page
    },
    close: async () => {
      await browser.close()
      await stack.stop('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Writes an instruction and sends it. */
export async function say(page: Page, instruction: string): Promise<void> {
  const field = page.getByRole('textbox', { name: 'Instruction' })
  await field.click()
  await page.keyboard.insertText(instruction)
  await page.keyboard.press('Enter')
}

/** A turn in the thread, by a part of its instruction. */
export const turnOf = (page: Page, instruction: string): Locator => page.getByRole('article', { name: instruction })

/** How many pictures of a turn have been loaded. */
export async function imagesOf(page: Page, instruction: string): Promise<number> {
  const pictures = turnOf(page, instruction).locator('figure button img')
  return pictures.evaluateAll((all) => all.filter((image: any) => image.complete && image.naturalWidth > 0).length)
}

/** Waits until so many pictures of a turn have been loaded. */
export const picturesCome = (page: Page, instruction: string, count = 1): Promise<true> =>
  eventually(
    `${count} pictures of ${instruction}`,
    async () => (await imagesOf(page, instruction)) === count,
    4 * patienceMs,
  )

/** Clicks twice, as a trembling hand: in the page, because a busy machine may take seconds between two clicks from here. */
export const clickTwice = (button: Locator): Promise<void> =>
  button.evaluate(async (element: any) => {
    element.click()
    await Promise.resolve()
    element.click()
  })

/** Drops a file onto an element, as from the desktop. */
export async function dropFile(target: Locator, name: string, content: Uint8Array, type = ''): Promise<void> {
  const transfer = await target.page().evaluateHandle(
    `(() => {
      const bytes = Uint8Array.from(atob('${Buffer.from(content).toString('base64')}'), (c) => c.charCodeAt(0))
      const transfer = new DataTransfer()
      transfer.items.add(new File([bytes], ${JSON.stringify(name)}, { type: ${JSON.stringify(type)} }))
      return transfer
    })()`,
  )
  for (const event of ['dragenter', 'dragover', 'drop']) await target.dispatchEvent(event, { dataTransfer: transfer })
}
