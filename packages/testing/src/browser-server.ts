import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'

/** Path of a Chromium on this machine (`CHROME_BIN` first), or undefined. */
function findBrowser(): string | undefined {
  const places = [
    process.env.CHROME_BIN,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ]
  return places.find((place) => place && existsSync(place))
}

/**
 * Starts the Chromium of this machine, without windows.
 *
 * @returns the address for Playwright's `chromium.connect`, or why there is none
 */
export async function startBrowser(): Promise<{ url: string; stop: () => Promise<void> } | string> {
  const executablePath = findBrowser()
  if (!executablePath) return 'no Chromium on this machine (set CHROME_BIN)'
  const args = [
    '--disable-dev-shm-usage',
    '--disable-gpu',
    '--disable-background-networking',
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ]
  const server = await chromium.launchServer({ executablePath, args })
  return { url: server.wsEndpoint(), stop: () => server.close() }
}
