import { trail } from '@atelier/service'

/** Columns of a new generation that say which request asks for it. */
export function askedBy(): { requestId: string | null; traceParent: string | null } {
  const { requestId = null, traceParent = null } = trail()
  return { requestId, traceParent }
}
