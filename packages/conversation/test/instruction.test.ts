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
    const start = performance.now()
    assert.throws(() => checkInstruction(`e${'\u0301'.repeat(250_000)}`), { code: 'instruction_too_long' })
    assert.ok(performance.now() - start < 200)
  })
})
