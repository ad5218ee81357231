import { z } from 'zod'

/** The prefixes of Atelier's ids: what a thing is can be read from its id. */
export const idPrefixes = {
  session: 'ses',
  turn: 'trn',
  image: 'img',
  generation: 'gen',
  key: 'key',
  owner: 'own',
  worker: 'wrk',
} as const

/** A kind of thing that has an id. */
export type IdKind = keyof typeof idPrefixes

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/**
 * Makes a new id: prefix, underscore, 16 characters of Crockford's base32 in lower case (80 random bits).
 *
 * @param kind - what the id names
 */
export function newId(kind: IdKind): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return `${idPrefixes[kind]}_${Array.from(bytes, (b) => alphabet[b & 31]).join('')}`
}

/** Schema of an id of one kind. */
export const idSchema = (kind: IdKind) =>
  z.string().regex(new RegExp(`^${idPrefixes[kind]}_[0-9a-z]{16}$`), `is not the id of a ${kind}`)
