import type { Page } from 'playwright-core'
import sharp from 'sharp'

/** The composer of a page, and what tests do with it. */
export function composerSteps(page: () => Page) {
  const field = () => page().getByRole('textbox', { name: 'Instruction' })
  return {
    field,
    send: () => page().getByRole('button', { name: 'Send', exact: true }),
    /** The label of what has the focus, or its tag. */
    focused: () =>
      page().evaluate(`document.activeElement.getAttribute('aria-label') ?? document.activeElement.tagName`),
    /** Adds files to the next turn, as the button for them does. */
    add: async (...files: [name: string, content: Buffer][]) =>
      page()
        .locator('main input[type=file]')
        .setInputFiles(files.map(([name, buffer]) => ({ name, mimeType: 'image/png', buffer }))),
    clear: async () => {
      await field().click()
      await page().keyboard.press('ControlOrMeta+a')
      await page().keyboard.press('Delete')
    },
  }
}

/** A PNG of one colour. @param red - 0 to 255; pictures that differ in it are different ones */
export const png = (width: number, height: number, red: number): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: { r: red, g: 90, b: 160 } } })
    .png()
    .toBuffer()
