import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { AtelierError, isTerminal } from '@atelier/contracts'
import type { IdempotencyUse, OwnerRepositories, TurnRow } from '@atelier/database'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Calls that begin within so many milliseconds of each other are several wishes: no client repeats one so soon. */
const togetherMs = 250
/** How long a call waits for an equal one that has not made its turn yet, and how often it looks, in milliseconds. */
const [patienceMs, lookMs] = [55_000, 100]
/** How often a call that is making its turn says that it lives, in milliseconds. Well below the database's `claimMs`. */
const renewMs = 8_000

const keyForm = /^[\x21-\x7e]{1,200}$/

/** What tells a repeated call from a new one. */
export interface CallIdentity extends IdempotencyUse {
  hash: string
  /** The client has chosen the key: it holds for a day, and for this call alone. */
  chosen: boolean
  /** The client says that it has sent the call before. */
  repeated: boolean
  /** Milliseconds since the call arrived. */
  elapsedMs: () => number
}

/** The identity of a call: by its `Idempotency-Key`, else by the API key and all that it says. */
export function identityOf(request: FastifyRequest, reply: FastifyReply, hash: string): CallIdentity {
  const { headers, identity, routeOptions } = request
  const elapsedMs = () => reply.elapsedTime
  const route = `POST ${routeOptions.url?.replace(/\/$/, '')}`
  const repeated = Number(headers['x-stainless-retry-count'] ?? 0) > 0
  const key = headers['idempotency-key']
  if (key === undefined) return { route, key: `${identity.keyId}:${hash}`, hash, chosen: false, repeated, elapsedMs }
  if (typeof key === 'string' && keyForm.test(key)) return { route, key, hash, chosen: true, repeated, elapsedMs }
  throw new AtelierError('invalid_request', 'Idempotency-Key must have 1 to 200 visible ASCII characters.')
}

/** A turn that a call waits for, and the key that it is known by. */
export interface ClaimedTurn {
  turn: TurnRow
  use: IdempotencyUse
}

/** How a turn that an earlier call made stands to a later one. */
function stateOf({ generations }: TurnRow): 'running' | 'failed' | { endedAt: number } {
  if (generations.some(({ status }) => !isTerminal(status))) return 'running'
  if (!generations.some(({ status }) => status === 'succeeded')) return 'failed'
  return { endedAt: Math.max(...generations.map(({ finishedAt }) => Date.parse(finishedAt ?? ''))) }
}

/**
 * Makes the turn of a call, or finds the one that the same call has made before: while it runs, and afterwards for as long
 * as the answer may not have arrived. A call whose answer arrived, or that failed, is made anew.
 *
 * @param make - makes it, binding the key in the turn's own transaction
 * @param keepMs - how long an answer that did not arrive is kept after its generation ended
 * @throws AtelierError `idempotency_conflict`, `still_running`, `gone`, and what `make` throws
 */
export async function makeOnce(
  owner: OwnerRepositories,
  call: CallIdentity,
  make: (use: IdempotencyUse) => Promise<string>,
  keepMs: number,
): Promise<ClaimedTurn> {
  const { idempotency, turns } = owner
  let use: IdempotencyUse = { route: call.route, key: call.key }
  for (const end = Date.now() + patienceMs; Date.now() < end;) {
    const begun = await idempotency.begin({ ...use, requestHash: call.hash })
    if (begun.state === 'new') {
      const renewing = setInterval(() => void idempotency.renew(use).catch(() => {}), renewMs)
      const turnId = await make(use)
        .catch(async (error: unknown) => {
          // it runs out by itself
          await idempotency.release(use).catch(() => {})
          throw error
        })
        .finally(() => clearInterval(renewing))
      const turn = await turns.getCreated(turnId)
      if (!turn) throw new AtelierError('gone')
      await idempotency.join(turn.id)
      return { turn, use }
    }
    if (begun.state === 'conflict') throw new AtelierError('idempotency_conflict')
    const seen = await idempotency.look(use)
    if (!seen) continue
    if (!call.chosen && !call.repeated && seen.ageMs - call.elapsedMs() < togetherMs) {
      use = { route: call.route, key: `${call.key}:${randomUUID()}` }
      continue
    }
    if (begun.state === 'running') {
      await sleep(lookMs)
      continue
    }
    const { resourceId: bound } = seen
    const turn = bound === null ? null : await turns.getCreated(bound)
    if (!turn) {
      if (call.chosen) throw new AtelierError('gone')
      if (bound !== null) await idempotency.forget({ ...use, resourceId: bound })
      continue
    }
    const state = stateOf(turn)
    const arrived = begun.state === 'done' && !call.repeated && !call.chosen
    const kept = typeof state === 'object' && !arrived && (call.chosen || Date.now() - state.endedAt <= keepMs)
    if (state === 'running' || kept) {
      await idempotency.join(turn.id)
      return { turn, use }
    }
    await idempotency.forget({ ...use, resourceId: turn.id })
  }
  throw new AtelierError('still_running', undefined, { retryAfterSeconds: 1 })
}
