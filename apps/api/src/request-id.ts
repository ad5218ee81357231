import { randomFillSync } from 'node:crypto'

const idBytes = 10
// filled a thousand ids at a time: asking for a few bytes costs as much as asking for many
const pool = Buffer.alloc(1000 * idBytes)
let used = pool.length

/** A new id of a request; error answers and log lines carry it. */
export function newRequestId(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += idBytes
  return `req_${pool.toString('hex', used - idBytes, used)}`
}

/** The id that a proxy in front has given the request, when it has a harmless form, else a new one. */
export function requestIdOf(headers: Readonly<Record<string, string | string[] | undefined>>): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w.-]{8,100}$/.test(given) ? given : newRequestId()
}
