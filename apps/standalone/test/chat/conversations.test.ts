import assert from 'node:assert/strict'
import { buffer as readAll } from 'node:stream/consumers'
import { afterAll, beforeAll, it } from '@jest/globals'
import { describeUnless, eventually, sharedBrowser } from '@atelier/testing'
import type { Page } from 'playwright-core'
import { dropFile, say, startChat, type Chat } from './start-chat.js'

const chromiumServer = sharedBrowser()

describeUnless(chromiumServer.missing)('the list of conversations', () => {
  let chat: Chat
  let page: Page
  beforeAll(async () => {
    chat = await startChat(chromiumServer.url)
    page = await chat.open()
  })
  afterAll(() => chat?.close())

  const list = (on = page) => on.getByRole('navigation', { name: 'Conversations' })
  const row = (title: string, on = page) => list(on).getByRole('link', { name: title, exact: true })
  const menu = async (title: string, item: string) => {
    await row(title).hover()
    await page.getByRole('button', { name: `More for “${title}”`, exact: true }).click()
    await page.getByRole('menuitem', { name: item }).click()
  }
  const titles = async () => (await chat.api.sessions.list({ limit: 100 })).data.map(({ title }) => title)

  it('begins empty, and a first instruction becomes the title of a conversation with its picture', async () => {
    await page.getByText('Your conversations will be listed here.').waitFor()
    await say(page, 'a red circle on a blue background')
    await row('a red circle on a blue background').waitFor()
    await page.waitForURL(/\/c\/ses_[0-9a-z]{16}$/)
    await eventually(
      'the thumbnail',
      () => page.evaluate(`document.querySelector('nav img')?.naturalWidth > 0`),
      60_000,
    )
  })

  it('renames, also in the open conversation; Escape changes nothing', async () => {
    await menu('a red circle on a blue background', 'Rename')
    await page.getByRole('textbox', { name: 'New title' }).fill('Circles')
    await page.keyboard.press('Enter')
    await row('Circles').waitFor()
    await page.getByRole('heading', { level: 1, name: 'Circles' }).waitFor()
    await menu('Circles', 'Rename')
    await page.getByRole('textbox', { name: 'New title' }).fill('Squares')
    await page.keyboard.press('Escape')
    await row('Circles').waitFor()
    await eventually('it has the focus', () =>
      row('Circles').evaluate((link: any) => link === link.ownerDocument.activeElement),
    )
    // too long a title is refused where it is written; pressing something else saves, and no more than that
    await menu('Circles', 'Rename')
    await page.getByRole('textbox', { name: 'New title' }).fill('x'.repeat(250))
    await page.keyboard.press('Enter')
    await page.getByText('A title has at most 200 characters: 50 are too many.').waitFor()
    await page.getByRole('textbox', { name: 'New title' }).fill('Discs')
    const address = page.url()
    await page.getByRole('button', { name: 'New conversation' }).click()
    await row('Discs').waitFor()
    assert.equal(page.url(), address)
    await menu('Discs', 'Rename')
    await page.getByRole('textbox', { name: 'New title' }).fill('Circles')
    await page.keyboard.press('Enter')
    await row('Circles').waitFor()
    assert.deepEqual(await titles(), ['Circles'])
  })

  it('duplicates with everything that was said', async () => {
    const original = page.url()
    await menu('Circles', 'Duplicate')
    await page.getByRole('heading', { level: 1, name: 'Circles (copy)' }).waitFor()
    assert.notEqual(page.url(), original)
    await page.getByText('a red circle on a blue background').first().waitFor()
    assert.deepEqual((await titles()).sort(), ['Circles', 'Circles (copy)'])
  })

  it('finds by a part of the title, whatever its letters', async () => {
    await page.getByRole('searchbox', { name: 'Search titles' }).fill('COPY')
    await row('Circles').waitFor({ state: 'detached' })
    await row('Circles (copy)').waitFor()
    await page.getByRole('searchbox').fill('100%')
    await page.getByText('No title contains “100%”.').waitFor()
    await page.getByRole('button', { name: 'Clear the search' }).click()
    await row('Circles').waitFor()
  })

  it('deletes after a while in which it can be undone', async () => {
    await menu('Circles (copy)', 'Delete')
    await row('Circles (copy)').waitFor({ state: 'detached' })
    await page.waitForURL(`${chat.url}/`)
    await page.getByRole('button', { name: 'Undo' }).click()
    await row('Circles (copy)').waitFor()
    await page.getByRole('heading', { level: 1, name: 'Circles (copy)' }).waitFor()
    const tab = await page.context().newPage()
    await tab.goto(page.url())
    await tab.getByRole('textbox', { name: 'Instruction' }).click()
    await tab.keyboard.insertText('make it night')
    await menu('Circles (copy)', 'Delete')
    assert.equal((await titles()).length, 2)
    await page.reload()
    await row('Circles').waitFor()
    assert.equal(await row('Circles (copy)').count(), 0)
    await eventually('one conversation is left', async () => (await titles()).length === 1, 60_000)
    assert.deepEqual(await titles(), ['Circles'])
    // another tab is told, and keeps what was being written there
    await tab.getByText('This conversation was deleted.').waitFor()
    await tab.getByRole('button', { name: 'Take the text to a new conversation' }).click()
    await tab.getByRole('textbox', { name: 'Instruction' }).getByText('make it night').waitFor()
    await tab.getByRole('textbox', { name: 'Instruction' }).fill('')
    await tab.close()
  })

  it('takes a deletion back in every tab', async () => {
    await chat.api.sessions.create({ title: 'Two tabs' })
    await page.reload()
    await row('Two tabs').waitFor()
    // open before: a page may take longer to load than a deletion can be taken back
    const tab = await page.context().newPage()
    await tab.goto(chat.url)
    await row('Two tabs', tab).waitFor()
    await menu('Two tabs', 'Delete')
    await row('Two tabs', tab).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Undo' }).click()
    await row('Two tabs', tab).waitFor()
    await tab.waitForTimeout(10_500)
    assert.ok((await titles()).includes('Two tabs'))
    await tab.close()
  })

  it('tells conversations of the same name apart, and calls the copy of a long one a copy', async () => {
    const [first] = (await chat.api.sessions.list({ query: 'Two tabs' })).data
    await chat.api.sessions.create({ title: 'Two tabs' })
    const long = `${'\u{1F600}'.repeat(150)} ${'word '.repeat(9)}end`
    const { id } = await chat.api.sessions.create({ title: long })
    await page.goto(`${chat.url}/c/${first!.id}`)
    await eventually('both', async () => (await row('Two tabs').count()) === 2)
    // what is done concerns the one that it was chosen for: the older one, below
    const more = page.getByRole('button', { name: 'More for “Two tabs”', exact: true }).last()
    await more.click()
    await page.getByRole('menuitem', { name: 'Rename' }).click()
    await page.getByRole('textbox', { name: 'New title' }).fill('The older')
    await page.keyboard.press('Enter')
    await row('The older').waitFor()
    assert.equal((await chat.api.sessions.get(first!.id)).title, 'The older')
    await menu(long, 'Duplicate')
    await page.waitForURL((url) => !url.pathname.endsWith(first!.id))
    const copy = await chat.api.sessions.get(new URL(page.url()).pathname.split('/').at(-1)!)
    assert.match(copy.title!, /^\u{1F600}{150} word .*… \(copy\)$/u)
    // what is shown is not deleted under the page
    await page.goto(chat.url)
    for (const gone of [first!.id, id, copy.id]) await chat.api.sessions.delete(gone)
    for (const { id: other } of (await chat.api.sessions.list({ query: 'Two tabs' })).data)
      await chat.api.sessions.delete(other)
    await page.goto(chat.url)
    await row('Circles').waitFor()
  })

  it('exports a file, and imports it by drop', async () => {
    const waiting = page.waitForEvent('download')
    await menu('Circles', 'Export')
    const download = await waiting
    assert.equal(download.suggestedFilename(), 'Circles.zip')
    const file = await readAll(await download.createReadStream())
    const drop = (name: string, content: Uint8Array) => dropFile(page.getByRole('searchbox'), name, content)
    await drop('Circles.zip', file)
    await page.getByText('Imported “Circles”.').waitFor()
    await eventually('two rows', async () => (await row('Circles').count()) === 2)
    await page.getByText('a red circle on a blue background').first().waitFor()
    // the thread takes it, too
    await dropFile(page.getByRole('textbox', { name: 'Instruction' }), 'Circles.zip', file)
    await eventually('three rows', async () => (await row('Circles').count()) === 3)
    await drop('holiday.txt', Buffer.from('hello'))
    await page.getByText(/holiday.txt is not an exported conversation/).waitFor()
    await drop('broken.zip', Buffer.from('hello'))
    await page.getByText(/This is not an exported conversation/).waitFor()
    assert.equal((await titles()).length, 3)
  })

  const toTheEnd = () =>
    eventually(
      'the last row',
      async () => {
        await list()
          .getByRole('list')
          .evaluate((ul: any) => ul.parentElement.scrollBy(0, 4000))
        return (await row('Number 1').count()) === 1
      },
      120_000,
    )

  it('has more than a page, without a row for each', async () => {
    for (let n = 1; n <= 120; n++) await chat.api.sessions.create({ title: `Number ${n}` })
    await page.reload()
    await row('Number 120').waitFor()
    assert.ok((await list().getByRole('link').count()) < 60)
    await toTheEnd()
  })

  it('asks once for a page that cannot be read, and again when it is told to', async () => {
    const next = '**/v1/sessions?*cursor=*'
    let asked = 0
    await page.route(next, (route) => {
      asked++
      return route.fulfill({ status: 500, json: {} })
    })
    await page.reload()
    await row('Number 120').waitFor()
    await list()
      .getByRole('list')
      .evaluate((ul: any) => ul.parentElement.scrollTo(0, ul.parentElement.scrollHeight))
    const again = list().getByRole('button', { name: 'Try again' })
    await again.waitFor()
    await page.waitForTimeout(2_000)
    assert.equal(asked, 1)
    await page.unroute(next)
    await again.click()
    await again.waitFor({ state: 'detached' })
    await toTheEnd()
  })

  it('follows what another device does', async () => {
    const other = await chat.open()
    await say(other, 'a yellow star on a purple background')
    await row('a yellow star on a purple background', other).waitFor()
    await page.evaluate(`window.dispatchEvent(new Event('visibilitychange'))`)
    await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`)
    await list()
      .getByRole('list')
      .evaluate((ul: any) => ul.parentElement.scrollTo(0, 0))
    await row('a yellow star on a purple background').waitFor()
    await other.context().close()
  })

  it('had no error in the browser but what was refused, what was gone, and the page that could not be read', () => {
    assert.deepEqual(
      chat.problems.filter(
        (problem) => !/status of 400|status of 500 .*cursor=|status of 404 .*\/v1\/sessions\/ses_\w+$/.test(problem),
      ),
      [],
    )
  })
})
