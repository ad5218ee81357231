import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import { typedNumber, TypedNumberError } from '../src/index.js'

test('a number of the command line is in digits and in its range', () => {
  const whole = { from: 1, to: 20, whole: true }
  assert.equal(typedNumber('--steps', '20', whole), 20)
  assert.equal(typedNumber('--change', '0.1', { from: 0, to: 1 }), 0.1)
  assert.equal(typedNumber('--change', '3', { from: 0 }), 3)
  for (const [text, range] of [
    ['', whole],
    [' ', whole],
    ['0', whole],
    ['21', whole],
    ['1.5', whole],
    ['-2', whole],
    ['0x10', whole],
    ['1e1', whole],
    ['0,1', { from: 0, to: 1 }],
    ['.', { from: 0 }],
    ['NaN', { from: 0 }],
    ['Infinity', { from: 0 }],
    ['1.1', { from: 0, to: 1 }],
  ] as const)
    assert.throws(() => typedNumber('--steps', text, range), TypedNumberError, text)
  assert.throws(() => typedNumber('--steps', '', whole), {
    message: '--steps must be a whole number from 1 to 20, not nothing',
  })
  assert.throws(() => typedNumber('--scale', '0,1', { from: 1 }), {
    message: '--scale must be a number from 1 on, not 0,1',
  })
})
