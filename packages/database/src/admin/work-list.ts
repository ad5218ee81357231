import type {
  AdminGenerationsQuery,
  Failure,
  GenerationAttempt,
  GenerationStory,
  Page,
  QueuePlace,
} from '@atelier/contracts'
import { idPrefixes } from '@atelier/contracts'
import type { Prisma, PrismaClient } from '../generated/client.js'
import type { Queries } from '../prisma/create-client.js'
import { page } from '../prisma/page.js'
import {
  toAdminGeneration,
  toGeneration,
  withImages,
  withoutLcu,
  withRetries,
  type AdminGenerationRow,
  type GenerationRow,
} from '../prisma/rows.js'
import { queuePlace } from '../queue/queue-place.js'
import { toAction } from './action-log.js'

/** {@link GenerationStory} with image rows. */
export type GenerationStoryRow = Omit<GenerationStory, 'generation'> & {
  generation: GenerationRow & AdminGenerationRow & QueuePlace
}

/** Generations of all owners. */
export interface WorkListRepository {
  /** Newest first. */
  generations(query: AdminGenerationsQuery): Promise<Page<AdminGenerationRow>>
  /** One of any owner's; null when there is none. */
  adminGeneration(id: string): Promise<AdminGenerationRow | null>
  /** Everything that is known of one; null when there is none. */
  story(id: string): Promise<GenerationStoryRow | null>
  /** What is new of generations: those of sessions that changed within the last seconds, and these. At most `limit`. */
  changedGenerations(query: {
    sessionIds: string[]
    generationIds: string[]
    withinSeconds: number
    limit: number
  }): Promise<AdminGenerationRow[]>
}

const mostTold = 200
const mostRetries = 100

/** Failed because it took down its worker again and again, and not put back since. */
export const poison = {
  status: 'failed',
  error: { path: ['code'], equals: 'worker_lost' },
  retries: { none: {} },
} satisfies Prisma.GenerationWhereInput

/** The column whose ids begin with a prefix. */
const searched = {
  [idPrefixes.generation]: 'id',
  [idPrefixes.turn]: 'turnId',
  [idPrefixes.session]: 'sessionId',
  [idPrefixes.owner]: 'ownerId',
  [idPrefixes.worker]: 'workerId',
} as const

function bySearch(search: string): Prisma.GenerationWhereInput {
  const column = searched[search.split('_')[0] as keyof typeof searched]
  const [name, text] = column && search.includes('_') ? [column, search] : (['id', `gen_${search}`] as const)
  // Prisma takes the text for a pattern of LIKE; a whole id is found by its index
  return { [name]: text.length === 20 ? text : { startsWith: text.replaceAll('_', '\\_') } }
}

function wanted(query: AdminGenerationsQuery): Prisma.GenerationWhereInput {
  const { status, owner, session, worker, model, code, parked, search } = query
  const parts: Prisma.GenerationWhereInput[] = [
    ...(status ? [{ status }] : []),
    ...(owner ? [{ ownerId: owner }] : []),
    ...(session ? [{ sessionId: session }] : []),
    ...(worker ? [{ workerId: worker }] : []),
    ...(model === undefined ? [] : [{ model }]),
    ...(code ? [{ error: { path: ['code'], equals: code } }] : []),
    ...(parked === undefined
      ? []
      : parked
        ? [{ status: 'queued' as const, parkedAt: { not: null } }]
        : [{ NOT: { status: 'queued' as const, parkedAt: { not: null } } }]),
    ...(query.poison === undefined ? [] : query.poison ? [poison] : [{ NOT: poison }]),
    ...(search ? [bySearch(search)] : []),
  ]
  return { AND: parts }
}

const summaryOnly = { omit: withoutLcu, include: { ...withImages, ...withRetries } } as const

/** Reads one as operators see it. */
export async function readAdminGeneration(client: Queries, id: string): Promise<AdminGenerationRow | null> {
  const row = await client.generation.findUnique({ where: { id }, ...summaryOnly })
  return row && toAdminGeneration(row)
}

async function eventsOf(client: Queries, id: string, sessionId: string): Promise<GenerationStory['events']> {
  const rows = await client.$queryRaw<
    { seq: number; type: string; createdAt: Date; attempt: number | null; error: Failure | null }[]
  >`
    SELECT seq, type, created_at AS "createdAt", (payload->>'attempt')::int AS attempt, payload->'error' AS error
    FROM events WHERE session_id = ${sessionId} AND payload->>'generationId' = ${id} ORDER BY seq LIMIT ${mostTold}::int`
  return rows.map(({ createdAt, ...row }) => ({ ...row, createdAt: createdAt.toISOString() }))
}

async function story(client: PrismaClient, id: string): Promise<GenerationStoryRow | null> {
  const row = await client.generation.findUnique({
    where: { id },
    include: {
      ...withImages,
      attempts: { orderBy: { attempt: 'asc' }, take: mostTold },
      retries: { select: { id: true }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }], take: mostRetries },
      turn: { select: { instruction: true } },
      session: { select: { title: true, owner: { select: { name: true } } } },
    },
  })
  if (!row) return null
  const { attempts, retries, turn, session, ...generation } = row
  const actions = await client.adminAction.findMany({
    where: { target: id },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    take: mostTold,
  })
  return {
    generation: {
      ...toGeneration(generation),
      ...toAdminGeneration({ ...generation, _count: { retries: retries.length } }),
      ...(await queuePlace(client, id)),
    },
    ownerName: session.owner.name,
    sessionTitle: session.title,
    instruction: turn.instruction,
    events: await eventsOf(client, id, row.sessionId),
    attempts: attempts.map(({ attempt, workerId, startedAt, endedAt, outcome, error }) => ({
      attempt,
      workerId,
      startedAt: startedAt.toISOString(),
      endedAt: endedAt?.toISOString() ?? null,
      outcome: outcome as GenerationAttempt['outcome'],
      error: error as unknown as Failure | null,
    })),
    actions: actions.map(toAction),
    retries: retries.map((retry) => retry.id),
  }
}

/** See {@link WorkListRepository}. */
export const workListRepository = (client: PrismaClient): WorkListRepository => ({
  generations: ({ limit, cursor, ...query }) =>
    page(
      { limit, ...(cursor !== undefined && { cursor }) },
      ({ where, ...rest }) =>
        client.generation.findMany({ where: { ...where, ...wanted({ limit, ...query }) }, ...summaryOnly, ...rest }),
      toAdminGeneration,
    ),
  adminGeneration: (id) => readAdminGeneration(client, id),
  story: (id) => story(client, id),
  changedGenerations: async ({ sessionIds, generationIds, withinSeconds, limit }) => {
    const ids = await client.$queryRaw<{ id: string }[]>`
      SELECT id FROM generations WHERE id = ANY(${generationIds}::text[])
        OR session_id = ANY(${sessionIds}::text[])
          AND greatest(queued_at, started_at, finished_at, created_at) > now() - make_interval(secs => ${withinSeconds}::float8)
      ORDER BY created_at DESC LIMIT ${limit}::int`
    const rows = await client.generation.findMany({ where: { id: { in: ids.map(({ id }) => id) } }, ...summaryOnly })
    return rows.map(toAdminGeneration)
  },
})
