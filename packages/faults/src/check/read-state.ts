import { createHash } from 'node:crypto'
import type { Limits } from '@atelier/contracts'
import { ObjectNotFoundError } from '@atelier/objects'
import type { Stack } from '../stack/stack.js'
import type { OwnerUse, State, StoredEvent, StoredGeneration, StoredImage } from './state.js'

/** Objects read at once. */
const atOnce = 20

/** An owner whose things are looked at. */
export interface Owner {
  ownerId: string
  token: string
}

const epoch = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`

async function rows(stack: Pick<Stack, 'postgres'>, ownerIds: string[]) {
  const query = <R extends object>(text: string) => stack.postgres.query<R>(text, [ownerIds])
  const [generations, turns, images, events, sessions] = await Promise.all([
    query<StoredGeneration>(
      `SELECT id, turn_id AS "turnId", session_id AS "sessionId", owner_id AS "ownerId", status, attempt,
         error->>'code' AS "errorCode", ${epoch('finished_at')} AS "finishedAt"
       FROM generations WHERE owner_id = ANY($1)`,
    ),
    query<State['turns'][number]>(
      `SELECT id, session_id AS "sessionId", owner_id AS "ownerId" FROM turns WHERE owner_id = ANY($1)`,
    ),
    query<StoredImage>(
      `SELECT id, owner_id AS "ownerId", generation_id AS "generationId", index, object_key AS "objectKey",
         thumbnail_key AS "thumbnailKey", sha256, bytes
       FROM images WHERE owner_id = ANY($1)`,
    ),
    query<StoredEvent>(
      `SELECT e.session_id AS "sessionId", e.seq, e.type, e.payload->>'generationId' AS "generationId",
         (e.payload->>'attempt')::int AS attempt, ${epoch('e.created_at')} AS at
       FROM events e JOIN sessions s ON s.id = e.session_id WHERE s.owner_id = ANY($1)`,
    ),
    query<State['sessions'][number]>(
      `SELECT id, owner_id AS "ownerId", last_seq AS "lastSeq" FROM sessions WHERE owner_id = ANY($1)`,
    ),
  ])
  return { generations, turns, images, events, sessions }
}

/** Hashes of the objects of these rows; what is missing is left out. */
async function hashes(stack: Pick<Stack, 'store'>, images: readonly StoredImage[]): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const keys = images.flatMap(({ objectKey, thumbnailKey }) => [objectKey, thumbnailKey])
  const read = async (key: string) => {
    try {
      found.set(
        key,
        createHash('sha256')
          .update(await stack.store.objects.get(key))
          .digest('hex'),
      )
    } catch (error) {
      if (!(error instanceof ObjectNotFoundError)) throw error
    }
  }
  for (let from = 0; from < keys.length; from += atOnce) await Promise.all(keys.slice(from, from + atOnce).map(read))
  return found
}

/** Lets the product sweep, then looks for itself. @returns what is left, and how many objects the sweep removed */
async function sweep(stack: Pick<Stack, 'ownUrls' | 'adminToken' | 'store' | 'postgres'>) {
  const response = await fetch(`${stack.ownUrls[0]}/v1/admin/objects/sweep`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ dryRun: false, olderThanSeconds: 0 }),
  })
  const { deleted } = (await response.json()) as { deleted: number }
  const named = new Set(
    (
      await stack.postgres.query<{ key: string }>(
        'SELECT object_key AS key FROM images UNION ALL SELECT thumbnail_key FROM images',
      )
    ).map(({ key }) => key),
  )
  const orphans: string[] = []
  for (const prefix of ['images/', 'generations/'])
    for await (const { key } of stack.store.objects.list(prefix)) if (!named.has(key)) orphans.push(key)
  return { orphans, deleted }
}

async function useOf(url: string, { ownerId, token }: Owner): Promise<OwnerUse> {
  const response = await fetch(`${url}/v1/limits`, { headers: { authorization: `Bearer ${token}` } })
  const limits = (await response.json()) as Limits
  const used = (name: keyof OwnerUse['used']) => limits[name].used
  return {
    ownerId,
    used: {
      images: used('images'),
      bytes: used('bytes'),
      waiting: used('waiting'),
      running: used('running'),
      sessions: used('sessions'),
    },
  }
}

/**
 * Reads what a run has left: rows, objects and queue past everything that guards them, limits as the API says them.
 *
 * @returns also how many orphans the product's own sweep found and removed
 */
export async function readState(stack: Stack, owners: readonly Owner[]): Promise<State & { swept: number }> {
  const { orphans, deleted } = await sweep(stack)
  const read = await rows(
    stack,
    owners.map(({ ownerId }) => ownerId),
  )
  const queued: string[] = []
  const { waiting, active, delayed } = await stack.queue.counts()
  if (waiting + active + delayed > 0)
    for (const { id } of read.generations) if (await stack.queue.has(id)) queued.push(id)
  const uses = await Promise.all(owners.map((owner) => useOf(stack.ownUrls[0]!, owner)))
  return { ...read, objects: await hashes(stack, read.images), orphans, queued, uses, swept: deleted }
}
