import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import { cleanText, fixText } from '../src/clean-text.js'

// The right side is what ftfy 6 answers, unless noted.
const repaired: [damaged: string, expected: string][] = [
  ['CafÃ©', 'Café'],
  ['a picture of SÃ£o Paulo, please', 'a picture of São Paulo, please'],
  ['crÃ¨me brÃ»lÃ©e', 'crème brûlée'],
  ['itâ€™s', "it's"],
  ['â€œquotedâ€\x9d', '"quoted"'],
  ['dash â€” here', 'dash — here'],
  ['50 â‚¬', '50 €'],
  ['25 Â°C', '25 °C'],
  ['Ã‰TÃ‰', 'ÉTÉ'],
  ['Å\x81Ã³dÅº', 'Łódź'],
  ['Ä°stanbul', 'İstanbul'],
  ['ÐŸÑ€Ð¸Ð²ÐµÑ‚ Ð¼Ð¸Ñ€', 'Привет мир'],
  ['æ—¥æœ¬èªž', '日本語'],
  ['emoji ðŸ˜€', 'emoji 😀'],
  ['CafÃƒÂ©', 'Café'],
  ['Caf\xc3\xa9', 'Café'],
]

test('mojibake is repaired', () => {
  for (const [damaged, expected] of repaired) assert.equal(fixText(damaged), expected)
})

test('healthy text stays as it is', () => {
  const healthy = [
    'a red circle on a blue background',
    'Café',
    'Zürich',
    'straße',
    'GDAŃSK',
    'MAÇÃ',
    'È vero',
    '¿Qué?',
    '25 °C',
    '5 £',
    'À–B',
    '»Spaß«',
    'Łódź',
    'Привет мир',
    '日本語',
    '😀',
    '',
  ]
  for (const text of healthy) assert.equal(fixText(text), text)
})

test('letters before a quotation mark are no mojibake', () => {
  assert.equal(fixText('“CAFÉ”'), '"CAFÉ"')
  // ftfy reads this one as MAÇÔ.
  assert.equal(fixText('“MAÇÃ”'), '"MAÇÃ"')
})

test('quotes, ligatures, wide letters and control characters become plain', () => {
  assert.equal(fixText('‘ﬁne’ ＡＢＣ\x07\u3000e\u0301'), "'fine' ABC é")
})

test('HTML is unescaped twice, white space collapsed, in the order of the manifest', () => {
  const steps = ['mojibake', 'html', 'whitespace'] as const
  assert.equal(
    cleanText('  a &amp;amp; b &lt;c&gt;\n\t&eacute; &#39;d&#x27; \u00a0 &nbsp;e ', steps),
    "a & b <c> é 'd' e",
  )
  assert.equal(cleanText(' a&amp;b ', ['whitespace']), 'a&amp;b')
  assert.equal(cleanText(' \n ', steps), '')
})
