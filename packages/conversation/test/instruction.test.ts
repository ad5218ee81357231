import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { checkInstruction, findMentions, readMentions, renameMentions, replaceMentions } from '../src/index.js'

const a = 'img_aaaaaaaaaaaaaaa1'
const b = 'img_bbbbbbbbbbbbbbb2'

describe('mentions', () => {
  it('are found in order of first mention, each once', () => {
    assert.deepEqual(findMentions(`put @${b}'s hat on @${a}, then @${b}.`), [b, a])
    assert.deepEqual(findMentions('no picture here, mail me@example.org'), [])
  })

  it('that cannot be ids are named', () => {
    assert.deepEqual(readMentions(`@img_short and @${a}`), [
      { mention: '@img_short', position: 0, imageId: null },
      { mention: `@${a}`, position: 15, imageId: a },
    ])
    assert.deepEqual(readMentions(`@${a}x`), [{ mention: `@${a}x`, position: 0, imageId: null }])
    assert.deepEqual(findMentions(`@${a}x`), [])
  })

  it.each([
    ['capital letters', `@${a.toUpperCase()}`],
    ['a mixture of both', `@Img_${a.slice(4)}`],
    ['a full-width at sign', `\uFF20${a}`],
    ['a small at sign', `\uFE6B${a}`],
    ['full-width letters', `@\uFF49\uFF4D\uFF47\uFF3F${a.slice(4)}`],
    ['a zero-width space', `@\u200B${a}`],
    ['a word joiner within the id', `@${a.slice(0, 9)}\u2060${a.slice(9)}`],
    ['a byte order mark and a soft hyphen', `@\uFEFFimg\u00AD_${a.slice(4)}`],
  ])('are read with %s', (_, mention) => {
    const text = `\u{1F3A8} make ${mention}, please`
    assert.deepEqual(readMentions(text), [{ mention, position: 8, imageId: a }])
    assert.equal(
      replaceMentions(text, () => '{image}'),
      '\u{1F3A8} make {image}, please',
    )
    assert.equal(
      renameMentions(text, () => b),
      `\u{1F3A8} make @${b}, please`,
    )
  })

  it.each([`@${a.replace('_', '-')}`, `@ ${a}`, `\uFF20${a}\uFF12`, `@${a}\u200Bmore`, '@IMG_SHORT', '@img_'])(
    'that only look right are no plain words: %s',
    (mention) => {
      assert.deepEqual(readMentions(`x ${mention}.`), [{ mention, position: 2, imageId: null }])
    },
  )

  it('are no addresses of people and places', () => {
    assert.deepEqual(readMentions('ask @imgur or img@example.org, @im g_1, @image_1'), [])
  })

  it('are replaced by names, unknown ones by a plain word', () => {
    assert.equal(
      replaceMentions(`make @${a} like @${b}`, (id) => (id === a ? '{image}' : undefined)),
      'make {image} like image',
    )
  })

  it('are renamed where they stand, unknown ones stay', () => {
    assert.equal(
      renameMentions(`@${a}, @${b}; @${a}!`, (id) => (id === a ? b : undefined)),
      `@${b}, @${b}; @${b}!`,
    )
  })
})

describe('an instruction', () => {
  it('has 1 to 2000 characters, not only white space', () => {
    checkInstruction('x'.repeat(2000))
    assert.throws(() => checkInstruction(' \n '), { code: 'instruction_empty' })
    assert.throws(() => checkInstruction('x'.repeat(2001)), {
      code: 'instruction_too_long',
      details: { length: 2001, max: 2000 },
    })
  })

  it('is counted in characters as people see them', () => {
    for (const character of ['👩‍👩‍👧‍👦', '🇩🇪', 'e\u0301', 'ж']) {
      // within ten units for each allowed character
      const most = Math.min(2000, Math.floor(20_000 / character.length))
      checkInstruction(character.repeat(most))
    }
    assert.throws(() => checkInstruction('🇩🇪'.repeat(2001)), {
      code: 'instruction_too_long',
      details: { length: 2001, max: 2000 },
      message: /has 2001 characters; 2000 are allowed/,
    })
    const before = process.cpuUsage()
    assert.throws(() => checkInstruction(`e${'\u0301'.repeat(250_000)}`), { code: 'instruction_too_long' })
    // the processor's time, since the machine may have other work
    const { user, system } = process.cpuUsage(before)
    assert.ok((user + system) / 1000 < 200)
  })
})
