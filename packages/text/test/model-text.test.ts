import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { describe, it } from '@jest/globals'
import { readManifest } from '@atelier/contracts/model-folder'
import { cleanText, ModelText } from '../src/index.js'

const folder = fileURLToPath(new URL('../../../../models/ace-mini', import.meta.url))
const open = async () => ModelText.read(folder, await readManifest(folder))

describe('ModelText', () => {
  it('counts tokens as the model reads them, cleaned', async () => {
    const text = await open()
    assert.equal(text.maxTokens, 119)
    assert.equal(text.count(''), 0)
    assert.equal(text.count('a red circle'), text.count('  a\n red &#99;ircle '))
    assert.ok(text.count('a red circle') >= 3)
  })

  it('shortens between words, to the most that fits', async () => {
    const text = await open()
    const long = 'a red circle on a blue background, '.repeat(60)
    const short = text.shorten(long)
    assert.ok(long.startsWith(short) && /\S$/.test(short))
    assert.ok(text.count(short) <= text.maxTokens)
    const next = long.slice(0, long.indexOf(' ', short.length + 1))
    assert.ok(text.count(next) > text.maxTokens)
    assert.equal(text.shorten('a red circle'), 'a red circle')
  })

  it('cuts a single word between characters', async () => {
    const text = await open()
    const short = text.shorten('😀'.repeat(1000))
    assert.ok(short.length > 0 && text.count(short) <= text.maxTokens)
    assert.equal(short, '😀'.repeat(short.length / 2))
  })
})

describe('every text step is linear', () => {
  // 20 times the length may take about 20 times as long, and never 400 times
  const inputs: Record<string, (n: number) => string> = {
    'pairs of mojibake': (n) => 'Ñ€'.repeat(n),
    'pairs that are no mojibake': (n) => 'É”'.repeat(n),
    'broken sequences': (n) => 'ð'.repeat(2 * n),
    'what uncovers more': (n) => 'Ãƒ'.repeat(n / 2) + 'Â©'.repeat(n / 2),
    'white space': (n) => ' \n'.repeat(n) + 'x',
    ampersands: (n) => '&'.repeat(2 * n),
    'escaped twice': (n) => '&amp;amp;'.repeat(n / 4),
  }
  for (const [name, make] of Object.entries(inputs)) {
    it(name, () => {
      const before = process.cpuUsage()
      cleanText(make(50_000), ['mojibake', 'html', 'whitespace'])
      // the processor's time, since the machine may have other work
      const { user, system } = process.cpuUsage(before)
      const ms = (user + system) / 1000
      assert.ok(ms < 1500, `${ms} ms for 100,000 characters`)
    })
  }
})
