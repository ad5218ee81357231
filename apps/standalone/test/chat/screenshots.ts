// npm run screenshots: pictures of every main state of the chat and the dashboard, light and dark, on a desktop and on a phone.
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startBrowser } from '@atelier/testing/browser-server'
import { adminStates } from '../admin/admin-states.js'
import { makeConversation, makeFailure } from './make-conversation.js'
import { phone, startChat } from './start-chat.js'
import { states as chatStates } from './states.js'

const states = { ...chatStates, ...adminStates }

const usage = `Usage: npm run screenshots [-- --out FOLDER --only NAME,NAME]
Takes a picture of every main state of the chat and the dashboard, light and dark, at 1440 × 900 and at 390 × 844.
  --out FOLDER   where the pictures go (default screenshots/)
  --only LIST    these states alone: ${Object.keys(states).join(', ')}`

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'screenshots' },
    only: { type: 'string' },
    help: { type: 'boolean' },
  },
})

async function main(): Promise<void> {
  if (values.help) return console.log(usage)
  const out = resolve(values.out)
  mkdirSync(out, { recursive: true })
  const names = values.only?.split(',') ?? Object.keys(states)
  const unknown = names.filter((name) => !(name in states))
  if (unknown.length) throw new Error(`There is no state ${unknown.join(', ')}.\n${usage}`)
  const browser = await startBrowser()
  if (typeof browser === 'string') throw new Error(browser)
  const chat = await startChat(browser.url)
  try {
    const failedId = await makeFailure(chat)
    const sessionId = await makeConversation(chat.api)
    for (const name of names) {
      for (const [device, options] of Object.entries({ desktop: {}, phone })) {
        for (const colorScheme of ['light', 'dark'] as const) {
          const { show, signedOut } = states[name]!
          const page = await chat.open(null, { colorScheme, ...options, ...(signedOut && { key: null }) })
          const file = join(out, `${name}-${device}-${colorScheme}.png`)
          try {
            const end = await show(page, { chat, sessionId, failedId, narrow: device === 'phone' })
            try {
              // pictures and fonts settle
              await page.waitForTimeout(400)
              await page.screenshot({ path: file })
            } finally {
              await end?.()
            }
            console.log(file)
          } catch (error) {
            process.exitCode = 1
            console.error(`${name}, ${device}, ${colorScheme}: ${(error as Error).message}`)
            await page.screenshot({ path: file.replace(/png$/, 'failed.png') })
          }
          await page.context().close()
        }
      }
    }
  } finally {
    await chat.close()
    await browser.stop()
  }
}
await main()
