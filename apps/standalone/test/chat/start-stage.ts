import type { Locator, Page } from 'playwright-core'
import { startChat, type Chat } from './start-chat.js'

/** The stage of a page. */
export const stageOf = (page: Page): Locator => page.getByRole('region', { name: 'Picture', exact: true })

/** Where a mask is painted. */
export const surfaceOf = (page: Page): Locator => page.getByRole('application', { name: /^Mask/ })

/** How much of the picture the mask covers, in percent. */
export const shareOf = async (page: Page): Promise<number> =>
  Number(/(\d+) %/.exec((await page.getByText(/% of the picture/).textContent())!)![1])

/** Starts `npm start`, with a picture and two variations of its edit, and opens a page that shows one of these. */
export async function startStage(browserUrl: string): Promise<{ chat: Chat; page: Page; sessionId: string }> {
  const chat = await startChat(browserUrl)
  const { id: sessionId } = await chat.api.sessions.create({ title: 'Stage' })
  for (const turn of [
    { instruction: 'a red circle on a blue background', parameters: { seed: 1 } },
    { instruction: 'make the circle green', parameters: { seed: 1, count: 2 } },
  ])
    for (const { id } of (await chat.api.turns.create(sessionId, turn)).generations) await chat.api.generations.wait(id)
  const page = await chat.open(`/c/${sessionId}`, { permissions: ['clipboard-read', 'clipboard-write'] })
  await stageOf(page).getByRole('img', { name: 'make the circle green' }).waitFor()
  return { chat, page, sessionId }
}
