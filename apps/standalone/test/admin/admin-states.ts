import type { Page } from 'playwright-core'
import { underWay, type State } from '../chat/states.js'

const section = (path: string, until: (page: Page) => Promise<unknown>): State => ({
  show: async (page, { chat }) => {
    await page.goto(`${chat.url}/admin${path}`)
    await until(page)
  },
})

/** The first generation in the list, in its story. */
const story = (status: string): State => ({
  show: async (page, { chat }) => {
    await page.goto(`${chat.url}/admin/queue?status=${status}`)
    await page.getByRole('link', { name: /^gen_/ }).first().click()
    await page.getByRole('heading', { name: 'Attempts' }).waitFor()
  },
})

const owner: State = {
  show: async (page, { chat }) => {
    await page.goto(`${chat.url}/admin/owners`)
    await page.getByRole('table', { name: 'Owners' }).getByRole('link').first().click()
    await page.getByRole('table', { name: 'Keys' }).waitFor()
  },
}

/** Every main state of the dashboard. Screenshots show them, and axe looks at each. */
export const adminStates: Readonly<Record<string, State>> = {
  'admin-now': section('', async (page) => {
    await page.getByRole('heading', { name: 'Parts' }).waitFor()
    await page.getByRole('img', { name: /^Wait before the start/ }).waitFor()
  }),
  'admin-workers': section('/workers', (page) => page.getByText('Last heartbeat').first().waitFor()),
  'admin-worker-busy': {
    show: async (page, { chat }) => {
      const { id } = await chat.api.sessions.create({ title: 'Under way' })
      await page.goto(`${chat.url}/admin/workers`)
      return underWay(chat, id, () =>
        page
          .getByText(/Step [1-9]\d* of 100/)
          .first()
          .isVisible(),
      )
    },
  },
  'admin-drain': {
    show: async (page, scene) => {
      await adminStates['admin-workers']!.show(page, scene)
      await page.getByRole('button', { name: /^Drain/ }).click()
      await page.getByRole('alertdialog').waitFor()
    },
  },
  'admin-queue': section('/queue', (page) => page.getByRole('table', { name: 'Generations' }).waitFor()),
  'admin-queue-waiting': {
    show: async (page, { chat }) => {
      const { id } = await chat.api.sessions.create({ title: 'In the queue' })
      await page.goto(`${chat.url}/admin/queue`)
      return underWay(chat, id, () => page.getByRole('table', { name: 'By model' }).isVisible())
    },
  },
  'admin-story': story('succeeded'),
  'admin-story-poison': story('poison'),
  'admin-owners': section('/owners', (page) => page.getByRole('table', { name: 'Owners' }).waitFor()),
  'admin-owner': owner,
  'admin-limit': {
    show: async (page, scene) => {
      await owner.show(page, scene)
      await page.getByRole('button', { name: 'Change: Storage' }).click()
      await page.getByRole('alertdialog').waitFor()
    },
  },
  'admin-new-key': {
    show: async (page, scene) => {
      await owner.show(page, scene)
      await page.getByRole('button', { name: 'New key' }).click()
      await page.getByRole('alertdialog').waitFor()
    },
  },
  'admin-storage': section('/storage', async (page) => {
    await page.getByRole('button', { name: 'Look for orphans' }).click()
    await page.getByText(/None among|are orphans/).waitFor()
  }),
  'admin-webhooks': section('/webhooks', (page) =>
    page
      .getByText(/No webhook fails|Failing for/)
      .first()
      .waitFor(),
  ),
  'admin-audit': section('/audit', (page) => page.getByRole('table', { name: 'What operators have done' }).waitFor()),
  'admin-nothing': section('/nothing', (page) => page.getByText('Back to Now').waitFor()),
}
