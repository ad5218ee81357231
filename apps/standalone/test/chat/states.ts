import { FlakyProxy } from '@atelier/testing/flaky-proxy'
import type { Page } from 'playwright-core'
import { StandingModel } from './standing-model.js'
import { dropFile, turnOf, type Chat } from './start-chat.js'

/** What a state needs to come about. */
export interface Scene {
  chat: Chat
  /** Of `makeConversation`. */
  sessionId: string
  /** Of `makeFailure`. */
  failedId: string
  /** Whether the stage opens over the thread. */
  narrow: boolean
}

/** A state that a person can see. */
export interface State {
  /** Makes it come about. @returns what ends it, where something would go on otherwise */
  show(page: Page, scene: Scene): Promise<void | (() => Promise<unknown>)>
  /** Nobody is signed in. Default false. */
  signedOut?: boolean
}

// on a phone both are dialogs
const stage = (page: Page) => {
  const name = { name: 'Picture', exact: true }
  return page.getByRole('region', name).or(page.getByRole('dialog', name))
}
const list = (page: Page) =>
  page.getByRole('navigation').or(page.getByRole('dialog', { name: 'Conversations', exact: true }))

async function conversation(page: Page, { chat, sessionId }: Scene): Promise<void> {
  await page.goto(`${chat.url}/c/${sessionId}`)
  await turnOf(page, 'make it night').last().locator('figure button img').first().waitFor()
}

/** The conversation with its stage in sight. */
async function onStage(page: Page, scene: Scene): Promise<void> {
  await conversation(page, scene)
  if (scene.narrow) await turnOf(page, 'make it night').last().locator('figure button').first().click()
  await stage(page).getByRole('img').first().waitFor()
}

const tool = (name: string, until: (page: Page) => Promise<void>): State => ({
  show: async (page, scene) => {
    await onStage(page, scene)
    await stage(page).getByRole('button', { name, exact: true }).first().click()
    await until(page)
  },
})

async function listInSight(page: Page, scene: Scene): Promise<void> {
  await conversation(page, scene)
  if (scene.narrow) await page.getByRole('button', { name: 'Show conversations' }).click()
  await list(page).getByRole('link').first().waitFor()
}

const rowMenu = async (page: Page) => {
  const more = page.getByRole('button', { name: /^More for “/ }).nth(1)
  await more.hover()
  await more.click()
  await page.getByRole('menu').waitFor()
}

/** Pictures being made, in a session, until the end of the state. @param look - whether they are in sight */
export async function underWay(
  { api, stack }: Chat,
  sessionId: string,
  look: () => Promise<boolean>,
): Promise<() => Promise<unknown>> {
  const model = await StandingModel.below(stack.process.pid!)
  const turn = { instruction: 'a green tree on a meadow', parameters: { steps: 100, count: 2, seed: 1 } }
  try {
    const { generations } = await api.turns.create(sessionId, turn)
    await model.until('they are in sight', look)
    return async () => {
      await Promise.allSettled(generations.toReversed().map(({ id }) => api.generations.cancel(id)))
      model.goOn()
    }
  } catch (error) {
    model.goOn()
    throw error
  }
}

/** Every main state of the page. Screenshots show them, and axe looks at each. */
export const states: Readonly<Record<string, State>> = {
  'sign-in': {
    signedOut: true,
    show: async (page, { chat }) => {
      await page.goto(chat.url)
      await page.getByLabel('Your key').fill('atl_wrong')
      await page.keyboard.press('Enter')
      await page.getByText(/not valid/).waitFor()
    },
  },
  'new-conversation': {
    show: async (page, { chat }) => {
      await page.goto(chat.url)
      await page.getByText('Begin with one of these').waitFor()
    },
  },
  conversation: { show: onStage },
  thread: { show: conversation },
  list: { show: listInSight },
  'list-menu': {
    show: async (page, scene) => {
      await listInSight(page, scene)
      await rowMenu(page)
    },
  },
  rename: {
    show: async (page, scene) => {
      await listInSight(page, scene)
      await rowMenu(page)
      await page.getByRole('menuitem', { name: 'Rename' }).click()
      await page.getByRole('textbox', { name: 'New title' }).waitFor()
    },
  },
  search: {
    show: async (page, scene) => {
      await listInSight(page, scene)
      await page.getByRole('searchbox').fill('photograph')
      await page.getByText('No title contains “photograph”.').waitFor()
    },
  },
  key: {
    show: async (page, scene) => {
      await listInSight(page, scene)
      await page.getByRole('button', { name: /^Signed in with/ }).click()
      await page.getByText('Conversations', { exact: true }).last().waitFor()
    },
  },
  'under-way': {
    show: async (page, { chat }) => {
      const { id } = await chat.api.sessions.create({ title: 'Under way' })
      await page.goto(`${chat.url}/c/${id}`)
      await page.getByRole('textbox', { name: 'Instruction' }).waitFor()
      return underWay(chat, id, () =>
        turnOf(page, 'a green tree')
          .getByText(/Step [1-9]\d* of 100/)
          .first()
          .isVisible(),
      )
    },
  },
  failed: {
    show: async (page, { chat, failedId }) => {
      await page.goto(`${chat.url}/c/${failedId}`)
      await page.getByRole('button', { name: 'Try again' }).waitFor()
    },
  },
  mention: {
    show: async (page, scene) => {
      await conversation(page, scene)
      await page.getByRole('textbox', { name: 'Instruction' }).click()
      await page.keyboard.type('put the house of @')
      await page.getByRole('listbox').waitFor()
    },
  },
  chips: {
    show: async (page, scene) => {
      await conversation(page, scene)
      await page.getByRole('textbox', { name: 'Instruction' }).click()
      await page.keyboard.type('put the house of @')
      await page.getByRole('listbox').waitFor()
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      await page.keyboard.type('on a white background')
      await dropFile(
        page.getByRole('textbox', { name: 'Instruction' }),
        'notes.txt',
        Buffer.from('hello'),
        'text/plain',
      )
      await page.getByText(/notes.txt/).waitFor()
    },
  },
  'turn-menu': {
    show: async (page, scene) => {
      await conversation(page, scene)
      await turnOf(page, 'make it night').last().getByRole('button', { name: 'More for this turn' }).click()
      await page.getByRole('menu').waitFor()
    },
  },
  'delete-turn': {
    show: async (page, scene) => {
      await states['turn-menu']!.show(page, scene)
      await page.getByRole('menuitem', { name: 'Delete' }).click()
      await page.getByRole('alertdialog').waitFor()
    },
  },
  settings: {
    show: async (page, scene) => {
      await conversation(page, scene)
      await page.getByRole('button', { name: 'Settings' }).click()
      await page.getByText('What the model will see').waitFor()
    },
  },
  mask: {
    show: async (page, scene) => {
      await onStage(page, scene)
      await stage(page).getByRole('button', { name: 'Mask', exact: true }).click()
      const surface = stage(page).getByRole('application')
      const box = (await surface.boundingBox())!
      await page.mouse.move(box.x + box.width * 0.35, box.y + box.height * 0.4)
      await page.mouse.down()
      await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.45, { steps: 12 })
      await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.6, { steps: 12 })
      await page.mouse.up()
    },
  },
  extend: tool('Extend', async (page) => {
    await stage(page).getByRole('button', { name: '16:9' }).click()
  }),
  compare: tool('Compare', async (page) => stage(page).getByRole('img', { name: 'After' }).waitFor()),
  variations: tool('Variations', async (page) => stage(page).getByRole('button', { name: 'Picture 3 of 3' }).waitFor()),
  'full-screen': tool('Full screen', async (page) => page.getByRole('button', { name: 'Leave full screen' }).waitFor()),
  'picture-menu': tool('More', async (page) => page.getByRole('menu').waitFor()),
  details: tool('What the model saw', async (page) =>
    page.getByRole('dialog', { name: 'What the model saw' }).getByText('Seed').waitFor(),
  ),
  map: tool('Map of the conversation', async (page) => page.getByRole('treeitem').first().waitFor()),
  shortcuts: {
    show: async (page, scene) => {
      await conversation(page, scene)
      await page.evaluate('document.activeElement?.blur()')
      await page.keyboard.press('?')
      await page.getByRole('dialog', { name: 'Shortcuts' }).waitFor()
    },
  },
  missing: {
    show: async (page, { chat }) => {
      await page.goto(`${chat.url}/c/ses_0000000000000000`)
      await page
        .getByText(/does not exist/)
        .first()
        .waitFor()
    },
  },
  'connection-lost': {
    show: async (page, { chat, sessionId }) => {
      const proxy = await FlakyProxy.open(chat.url)
      await page.goto(`${proxy.url}c/${sessionId}`)
      await turnOf(page, 'make it night').last().locator('figure button img').first().waitFor()
      proxy.cut()
      await page
        .getByText(/connection is lost/)
        .first()
        .waitFor()
      return () => proxy.close()
    },
  },
}
