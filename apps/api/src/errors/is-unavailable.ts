import { isDatabaseOutage } from '@atelier/database'

// of the queue and the object store; what the database and the network say, `isDatabaseOutage` knows
const codes = /^(EHOSTUNREACH|ENOSPC)$/
const names = /^(TimeoutError|NetworkingError|ServiceUnavailable|SlowDown|MaxRetriesPerRequestError)$/
// ioredis says these in words alone
const messages = /connection is closed|stream isn't writeable|OOM command not allowed/i

interface Layer {
  code?: unknown
  name?: unknown
  message?: unknown
  cause?: unknown
  errors?: unknown
  $metadata?: { httpStatusCode?: number }
}

/**
 * True when a part that the API needs (database, queue, object store) does not answer or has no room, so that trying
 * again later helps.
 */
export const isUnavailable = (error: unknown): boolean => isDatabaseOutage(error) || isOutage(error, 0)

function isOutage(error: unknown, depth: number): boolean {
  if (error === null || typeof error !== 'object' || depth > 5) return false
  const { code, name, message, cause, errors, $metadata } = error as Layer
  if (typeof code === 'string' && codes.test(code)) return true
  if (typeof name === 'string' && names.test(name)) return true
  if (typeof message === 'string' && messages.test(message)) return true
  if (($metadata?.httpStatusCode ?? 0) >= 500) return true
  return [cause, ...(Array.isArray(errors) ? errors : [])].some((inner) => isOutage(inner, depth + 1))
}
