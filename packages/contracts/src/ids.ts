import { z } from 'zod'

/** Prefixes of ids, so that an id tells what it identifies. */
export const idPrefixes = {
  session: 'ses',
  turn: 'trn',
  image: 'img',
  generation: 'gen',
  key: 'key',
  owner: 'own',
  worker: 'wrk',
  webhook: 'whk',
  delivery: 'msg',
  action: 'act',
} as const

/** The kinds of things that have ids. */
export type IdKind = keyof typeof idPrefixes

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/**
 * Creates an id: prefix, underscore, 16 characters of lower-case Crockford base32 (80 random bits).
 *
 * @param kind - what the id identifies
 */
export function newId(kind: IdKind): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return `${idPrefixes[kind]}_${Array.from(bytes, (b) => alphabet[b & 31]).join('')}`
}

/** Schema of an id of one kind. */
export const idSchema = (kind: IdKind) =>
  z
    .string()
    .regex(
      new RegExp(`^${idPrefixes[kind]}_[0-9a-z]{16}$`),
      `must be the id of ${/^[aio]/.test(kind) ? 'an' : 'a'} ${kind}`,
    )
