import { randomBytes } from 'node:crypto'

/** A new id of a request; error answers and log lines carry it. */
export const newRequestId = (): string => `req_${randomBytes(10).toString('hex')}`

/** The id that a proxy in front has given the request, when it has a harmless form, else a new one. */
export function requestIdOf(headers: Readonly<Record<string, string | string[] | undefined>>): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w.-]{8,100}$/.test(given) ? given : newRequestId()
}
