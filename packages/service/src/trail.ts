// What is known of the work that is being done: every log line of it says so, in the API and in the worker.
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'

/** Ids that lead from a log line to its request and its generation. */
export interface Trail {
  requestId?: string
  /** W3C trace context (`traceparent`) of the span that is being worked on. */
  traceParent?: string
  ownerId?: string
  sessionId?: string
  turnId?: string
  generationId?: string
  attempt?: number
  workerId?: string
}

const storage = new AsyncLocalStorage<Trail>()

/** The trail of what is being done; empty outside any. */
export const trail = (): Readonly<Trail> => storage.getStore() ?? {}

/** Runs something on a trail that has these ids besides those of the present one. */
export const withTrail = <T>(ids: Trail, run: () => T): T => storage.run({ ...storage.getStore(), ...ids }, run)

/** Adds what has become known meanwhile, such as whose request it is; nothing outside a trail. */
export function addToTrail(ids: Trail): void {
  const present = storage.getStore()
  if (present) Object.assign(present, ids)
}

const traceParentForm = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/

/** The trace id of a `traceparent`, undefined for none or one that is not well formed. */
export const traceIdOf = (traceParent: string | undefined): string | undefined => {
  const [, traceId] = traceParentForm.exec(traceParent ?? '') ?? []
  return traceId === undefined || /^0+$/.test(traceId) ? undefined : traceId
}

/** A `traceparent` that a caller has sent, when it is well formed, else that of a new trace that nobody records. */
export const traceParentOf = (sent: unknown): string =>
  typeof sent === 'string' && traceIdOf(sent) !== undefined
    ? sent
    : `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-00`

/** What a log line says of the present trail. */
export function trailFields(): Omit<Trail, 'traceParent'> & { traceId?: string } {
  const { traceParent, ...ids } = trail()
  const traceId = traceIdOf(traceParent)
  return { ...ids, ...(traceId !== undefined && { traceId }) }
}
