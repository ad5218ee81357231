import { AtelierError } from '@atelier/contracts'

// Postgres can store neither in text nor in jsonb
const unstorable = /\0|\p{Surrogate}/u
const everyUnstorable = new RegExp(unstorable, 'gu')

/**
 * Refuses texts with a null character or half a surrogate pair, anywhere in a parsed body or query, names of fields
 * included.
 *
 * @throws AtelierError `invalid_request` naming the field
 */
export function checkText(value: unknown, path = '', depth = 0): void {
  if (typeof value === 'string' && unstorable.test(value)) {
    throw new AtelierError('invalid_request', undefined, [
      { path, message: 'contains a character that is no text (U+0000 or half a surrogate pair)' },
    ])
  }
  if (depth > 20) throw new AtelierError('invalid_request', undefined, [{ path, message: 'is nested too deep' }])
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return
  for (const [key, inner] of Object.entries(value)) {
    const at = path ? `${path}.${key}` : key
    if (unstorable.test(key)) checkText(key, at.replaceAll(everyUnstorable, '\uFFFD'), depth)
    checkText(inner, at, depth + 1)
  }
}
