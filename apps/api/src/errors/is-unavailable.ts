// the operating system's, Postgres's (connection lost, shutting down, no room) and Prisma's
const codes = new RegExp(
  `^(${[
    'ECONN\\w+|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENOSPC',
    '08\\w{3}|57P0\\d|53\\d{3}',
    'P1001|P1002|P1008|P1017|P2024',
  ].join('|')})$`,
)
const names = /^(TimeoutError|NetworkingError|ServiceUnavailable|SlowDown|MaxRetriesPerRequestError)$/
// ioredis and pg say these in words alone
const messages = new RegExp(
  [
    'connection is closed',
    "stream isn't writeable",
    'OOM command not allowed',
    'connection terminated',
    'timeout exceeded when trying to connect',
  ].join('|'),
  'i',
)

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
export function isUnavailable(error: unknown, depth = 0): boolean {
  if (error === null || typeof error !== 'object' || depth > 5) return false
  const { code, name, message, cause, errors, $metadata } = error as Layer
  if (typeof code === 'string' && codes.test(code)) return true
  if (typeof name === 'string' && names.test(name)) return true
  if (typeof message === 'string' && messages.test(message)) return true
  if (($metadata?.httpStatusCode ?? 0) >= 500) return true
  return [cause, ...(Array.isArray(errors) ? errors : [])].some((inner) => isUnavailable(inner, depth + 1))
}
