import type {
  AdminGenerationsQuery,
  Failure,
  GenerationAttempt,
  GenerationStory,
  Page,
  QueuePlace,
} from '@atelier/contracts'
import type { PrismaClient } from '../generated/client.js'
import type { Queries } from '../prisma/create-client.js'
import { page, type PageEnd } from '../prisma/page.js'
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
import { findGenerations, type GenerationFilters } from './find-generations.js'

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

const summaryOnly = { omit: withoutLcu, include: { ...withImages, ...withRetries } } as const

async function list(client: Queries, filters: GenerationFilters, take: number, after: PageEnd | undefined) {
  return client.generation.findMany({
    where: { id: { in: await findGenerations(client, filters, take, after) } },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    ...summaryOnly,
  })
}

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
      ...toAdminGeneration({ ...generation, retries }),
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
  generations: ({ limit, cursor, ...filters }) =>
    page(
      { limit, ...(cursor !== undefined && { cursor }) },
      ({ take }, after) => list(client, filters, take, after),
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
