import { createHash, randomBytes } from 'node:crypto'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** A new token: `atl_` and 40 characters of Crockford's base32 (200 random bits). */
export const newToken = (): string => `atl_${Array.from(randomBytes(40), (byte) => alphabet[byte & 31]).join('')}`

/** What is stored of a token: SHA-256, hexadecimal. With 200 random bits it needs no salt and no slow hash. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex')

/** The first characters, by which people recognise a token. */
export const hintOf = (token: string): string => token.slice(0, 8)
