import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { AtelierError, type Generation, type Session } from '@atelier/contracts'
import type { GenerationRow, IdempotencyUse, OwnerRepositories } from '@atelier/database'
import { failpoint } from '@atelier/service'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { orNotFound } from './or-not-found.js'

/** A request that creates something. */
export interface Creation<T> {
  /** Status of the answer to a success. */
  status: number
  /** What makes two requests the same, besides method and address: the body. */
  content: unknown
  /** Creates. `use` is set when the request claimed a key, to be bound to what is created. */
  work(use: IdempotencyUse | undefined): Promise<T>
  /** Answers for an earlier request that created something and died before it answered (see `NewTurn.idempotency`). */
  recover(resourceId: string): Promise<T>
  /** Id of what was created. Deleting it erases the kept answer. */
  idOf(body: T): string
  /** Brings a kept answer up to date (fresh URLs). @throws AtelierError `not_found` when what it describes is gone */
  refresh(body: T): Promise<T>
}

const keyForm = /^[\x21-\x7e]{1,200}$/

function keyOf(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && keyForm.test(key)) return key
  throw new AtelierError('invalid_request', 'Idempotency-Key must have 1 to 200 visible ASCII characters.')
}

function hashOf(request: FastifyRequest, content: unknown): string {
  const hash = createHash('sha256').update(`${request.method} ${request.url}\n`)
  return hash.update(JSON.stringify(content) ?? '').digest('hex')
}

/** How the answer to a request that created a session is kept. */
export const keptSession = ({ sessions }: OwnerRepositories) => ({
  idOf: ({ id }: Session) => id,
  recover: async (id: string) => orNotFound(await sessions.get(id)),
  refresh: async (session: Session) => {
    orNotFound(await sessions.get(session.id))
    return session
  },
})

/**
 * How the answer to a request that created a generation is kept.
 *
 * @param get - reads it, null when it is gone
 * @param present - as an answer
 */
export const keptGeneration = (
  get: (id: string) => Promise<GenerationRow | null>,
  present: (row: GenerationRow) => Promise<Generation>,
) => ({
  idOf: ({ id }: Generation) => id,
  recover: async (id: string) => present(orNotFound(await get(id))),
  refresh: async (generation: Generation) => {
    orNotFound(await get(generation.id))
    return generation
  },
})

/** How long a repeat waits for the first request, and how often it looks, in milliseconds. */
const patienceMs = 10_000
const lookMs = 200
/** How often a request that takes long says that it lives. Well below the database's `claimMs`. */
const renewMs = 5_000

/**
 * Answers a creating request. With `Idempotency-Key` the same request is carried out once; a repeat within a day gets
 * the first answer again, marked by the header `Idempotent-Replayed: true`, and waits for it while the first still runs.
 * Failures are not kept: a repeat tries again. Hand-written because the key is bound to what is created in the transaction
 * that creates it; no plugin does that.
 *
 * @throws AtelierError `idempotency_conflict` when the key belongs to another request; `still_running` when the first takes
 *   long; `gone` when what was created has been deleted
 */
export async function withIdempotency<T>(
  request: FastifyRequest,
  reply: FastifyReply,
  creation: Creation<T>,
): Promise<T> {
  const { status, content, work, recover, refresh } = creation
  const key = keyOf(request)
  reply.code(status)
  if (key === undefined) return work(undefined)
  const use = { route: `${request.method} ${request.routeOptions.url}`, key }
  const begun = await begin(request, { ...use, requestHash: hashOf(request, content) })
  if (begun.state === 'conflict') throw new AtelierError('idempotency_conflict')
  if (begun.state === 'gone') throw new AtelierError('gone')
  if (begun.state === 'running') {
    const retryAfterSeconds = Math.max(1, Math.ceil(begun.freeMs / 1000))
    throw new AtelierError('still_running', undefined, { retryAfterSeconds })
  }
  if (begun.state === 'new') return finishing(request, use, creation, () => work(use))
  reply.header('Idempotent-Replayed', 'true')
  if (begun.state === 'done') {
    reply.code(begun.status)
    return unlessGone(refresh(begun.body as T))
  }
  return finishing(request, use, creation, () => unlessGone(recover(begun.resourceId)))
}

/** Claims the key; while another request has it, waits for that one's answer. */
async function begin({ owner, raw }: FastifyRequest, use: IdempotencyUse & { requestHash: string }) {
  const until = performance.now() + patienceMs
  for (;;) {
    const begun = await owner.idempotency.begin(use)
    if (begun.state !== 'running' || performance.now() > until || raw.socket.destroyed) return begun
    await sleep(lookMs)
  }
}

const unlessGone = <T>(answer: Promise<T>): Promise<T> =>
  answer.catch((error: unknown) => {
    throw error instanceof AtelierError && error.code === 'not_found' ? new AtelierError('gone') : error
  })

async function finishing<T>(
  request: FastifyRequest,
  use: IdempotencyUse,
  { status, idOf }: Pick<Creation<T>, 'status' | 'idOf'>,
  work: () => Promise<T>,
): Promise<T> {
  const { idempotency } = request.owner
  let body: T
  const renewing = setInterval(() => void idempotency.renew(use).catch(() => {}), renewMs)
  try {
    failpoint('key-claimed')
    body = await work()
    failpoint('creation-stored')
  } catch (error) {
    await idempotency
      .release(use)
      .catch((inner: unknown) =>
        request.log.warn({ err: inner }, 'an Idempotency-Key was not released; it expires in seconds'),
      )
    throw error
  } finally {
    clearInterval(renewing)
  }
  // what was created stays created: an answer that cannot be stored is still the answer
  await idempotency
    .finish({ ...use, status, body, resourceId: idOf(body) })
    .catch((error: unknown) => request.log.warn({ err: error }, 'the answer to an Idempotency-Key was not stored'))
  failpoint('answer-kept')
  return body
}
