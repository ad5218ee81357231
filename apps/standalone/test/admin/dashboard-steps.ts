import type { Locator, Page } from 'playwright-core'
import type { Chat, OpenOptions } from '../chat/start-chat.js'

/** What tests of the dashboard do. */
export const dashboardSteps = (chat: () => Chat) => ({
  /** A call of `/v1/admin`; the body of its answer. */
  async admin(method: string, path: string, body?: object): Promise<any> {
    const headers = { authorization: `Bearer ${chat().key}`, ...(body && { 'content-type': 'application/json' }) }
    const url = `${chat().url}/v1/admin/${path}`
    return (await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) })).json()
  },

  /** A page at a section of the dashboard. */
  open: (path = '', options: OpenOptions = {}) => chat().open(`/admin${path}`, options),

  /** A generation in a session of its own. */
  async ask(instruction: string, steps?: number) {
    const { id } = await chat().api.sessions.create({ title: instruction })
    const parameters = { seed: 1, ...(steps && { steps }) }
    return (await chat().api.turns.create(id, { instruction, parameters })).generations[0]!
  },

  /** Presses a button and says yes to what it asks. */
  async confirm(page: Page, button: Locator): Promise<void> {
    await button.click()
    const dialog = page.getByRole('alertdialog')
    await dialog.getByRole('button').last().click()
    await dialog.waitFor({ state: 'detached' })
  },
})
