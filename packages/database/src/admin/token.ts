import { hash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** CRC-32 in seven characters of Crockford's base32: it tells mistyped and invented tokens without a query. */
const checksumOf = (text: string): string => {
  const sum = crc32(text)
  return Array.from({ length: 7 }, (_, place) => alphabet[Math.floor(sum / 32 ** (6 - place)) % 32]).join('')
}

/** A new token: `atl_`, 40 characters of Crockford's base32 (200 random bits), and seven of checksum. */
export function newToken(): string {
  const token = `atl_${Array.from(randomBytes(40), (byte) => alphabet[byte & 31]).join('')}`
  return token + checksumOf(token)
}

/** True when a token has the form of a key; keys made before there were checksums have none. */
export function isWellFormed(token: string): boolean {
  if (!/^atl_(?:[0-9a-hjkmnp-tv-z]{40}|[0-9a-hjkmnp-tv-z]{47})$/.test(token)) return false
  return token.length === 44 || checksumOf(token.slice(0, 44)) === token.slice(44)
}

/** A secret of 256 random bits, hexadecimal. */
export const newSecret = (): string => randomBytes(32).toString('hex')

/**
 * What is stored of a token or secret: SHA-256, hexadecimal. With 200 random bits it needs no salt and no slow hash, and
 * a search for it tells a clock nothing about the token.
 */
export const hashToken = (token: string): string => hash('sha256', token)

/** The first characters, by which people recognise a token. */
export const hintOf = (token: string): string => token.slice(0, 8)
