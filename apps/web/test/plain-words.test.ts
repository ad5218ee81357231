import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { AtelierApiError } from '@atelier/client'
import { errorCodes, type ErrorCode } from '@atelier/contracts'

// what the page finds in a browser
Object.assign(globalThis, { document: { documentElement: { lang: 'en' } } })
const { plainWords } = await import('../src/app/plain-words.js')

const told = (code: ErrorCode, details?: unknown) =>
  plainWords(new AtelierApiError({ error: { code, message: 'see `details`', details, requestId: '' } }, 400))

describe('plain words', () => {
  it('are there for every error, for people: no code, no field, no route', () => {
    for (const code of errorCodes)
      for (const details of [
        undefined,
        null,
        [],
        {},
        { field: 'parameters.negativePrompt', maxBytes: 'x', limit: 1 },
      ]) {
        const text = told(code, details)
        assert.match(text, /^[A-Z“].*[.]$/, code)
        assert.doesNotMatch(text, /[`{}]|details|\/v1|_|undefined|NaN|header/i, code)
      }
  })

  it('name the limit where the server does', () => {
    assert.match(told('image_too_large', { maxBytes: 20_000_000 }), /larger than 20 MB/)
    assert.match(told('image_too_large', { maxPixels: 16_777_216 }), /16 megapixels/)
    assert.match(
      told('parameter_out_of_range', { field: 'seed', min: 0, max: 4294967295 }),
      /seed goes from 0 to 4,294,967,295/,
    )
    assert.match(told('text_too_long', { field: 'parameters.negativePrompt' }), /“Avoid”/)
    assert.match(told('limit_reached', { limit: 'sessions', most: 1000 }), /1,000 conversations/)
  })
})
