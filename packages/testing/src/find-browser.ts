import { existsSync } from 'node:fs'

/** Path of a Chromium on this machine (`CHROME_BIN` first), or null. */
export function findBrowser(): string | null {
  const places = [
    process.env.CHROME_BIN,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ]
  return places.find((place) => place && existsSync(place)) ?? null
}
