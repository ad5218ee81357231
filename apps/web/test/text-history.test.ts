import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { TextHistory } from '../src/composer/text-history.js'

const at = (text: string) => ({ text, caret: text.length })

describe('the history of a text', () => {
  it('takes letters that are typed quickly as one step, and what comes from elsewhere as one of its own', () => {
    const history = new TextHistory(at(''))
    history.write(at('a'), 'insertText', 0)
    history.write(at('ab'), 'insertText', 500)
    history.write(at('abc'), 'insertText', 1400)
    history.write(at('abcd'), 'insertText', 3000)
    history.write(at('a red house'))
    assert.equal(history.undo()?.text, 'abcd')
    assert.equal(history.undo()?.text, 'abc')
    assert.equal(history.undo()?.text, '')
    assert.equal(history.undo(), undefined)
    assert.equal(history.redo()?.text, 'abc')
    assert.equal(history.redo()?.text, 'abcd')
  })

  it('forgets what was undone once something else is written, and the oldest of many steps', () => {
    const history = new TextHistory(at(''))
    history.write(at('a'))
    history.undo()
    history.write(at('b'))
    assert.equal(history.redo(), undefined)
    for (let n = 0; n < 150; n += 1) history.write(at(`b${n}`))
    let steps = 0
    while (history.undo()) steps += 1
    assert.equal(steps, 100)
  })

  it('takes deleting as another step than writing, and the same text as none', () => {
    const history = new TextHistory(at('x'))
    history.write(at('xy'), 'insertText', 0)
    history.write(at('x'), 'deleteContentBackward', 10)
    history.write(at('x'), 'insertText', 20)
    assert.equal(history.undo()?.text, 'xy')
    assert.equal(history.undo()?.text, 'x')
    assert.equal(history.undo(), undefined)
  })
})
