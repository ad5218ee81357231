import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'

/** What axe finds on a page, as lines to read; `rules`: these alone. */
async function faultsOf(page: Page, ...rules: string[]): Promise<string[]> {
  // there are no frames, for which axe would open a page of its own each time
  const axe = new AxeBuilder({ page }).setLegacyMode()
  const { violations } = await (rules.length ? axe.withRules(rules) : axe).analyze()
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  )
}

/** What axe finds on a page in light and in dark, which is the same page in other colours. */
export async function axeFaults(page: Page): Promise<string[]> {
  const light = await faultsOf(page)
  await page.emulateMedia({ colorScheme: 'dark' })
  const dark = await faultsOf(page, 'color-contrast')
  await page.emulateMedia({ colorScheme: 'light' })
  return [...light, ...dark.map((fault) => `dark: ${fault}`)]
}
