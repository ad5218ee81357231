import { InvalidObjectKeyError } from './object-errors.js'

const part = '[A-Za-z0-9_][A-Za-z0-9._-]*'
const valid = new RegExp(`^${part}(?:/${part})*$`)
const maxKeyLength = 512

/**
 * Returns the key if it is one: parts of letters, digits, `.`, `_` and `-` joined by `/`, none beginning with a dot or
 * a dash, at most 512 characters. So no key leaves its folder, hides a file or needs escaping in a URL.
 *
 * @throws InvalidObjectKeyError
 */
export function checkKey(key: string): string {
  if (key.length > maxKeyLength || !valid.test(key)) throw new InvalidObjectKeyError(key)
  return key
}
