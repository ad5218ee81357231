import { AtelierError } from '@atelier/contracts'
import fastifyPlugin from 'fastify-plugin'

// Postgres can store neither in text nor in jsonb
const unstorable = /\0|\p{Surrogate}/u

/**
 * Refuses texts with a null character or half a surrogate pair, anywhere in a parsed body or query.
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
  for (const [key, inner] of Object.entries(value)) checkText(inner, path ? `${path}.${key}` : key, depth + 1)
}

/** Refuses bodies and queries with text that cannot be stored, before any route sees them. */
export const textCheck = fastifyPlugin(async (app) => {
  app.addHook('preValidation', async ({ body, query }) => {
    checkText(query)
    checkText(body)
  })
})
