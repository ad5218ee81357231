import { newId, type Parameters, type TurnImage } from '@atelier/contracts'
import { Client } from 'pg'
import {
  migrate,
  openDatabase,
  type ClaimedGeneration,
  type Database,
  type NewImage,
  type NewTurn,
  type OwnerRepositories,
} from '../src/index.js'
import { startTestPostgres } from '@atelier/testing'

/** A migrated database with one owner. */
export interface Fixture {
  url: string
  db: Database
  owner: OwnerRepositories
  /** Another owner. */
  stranger: OwnerRepositories
  /** Looks past the repositories. */
  sql<R extends object>(text: string, values?: unknown[]): Promise<R[]>
  stop(): Promise<void>
}

/** Opens a fresh migrated database. */
export async function openFixture(): Promise<Fixture> {
  const postgres = await startTestPostgres()
  await migrate(postgres.url)
  const db = await openDatabase({ url: postgres.url })
  const client = new Client({ connectionString: postgres.url })
  await client.connect()
  const owner = (name: string) => newOwner(db, name)
  return {
    url: postgres.url,
    db,
    owner: await owner('owner'),
    stranger: await owner('stranger'),
    sql: async <R extends object>(text: string, values: unknown[] = []) => (await client.query<R>(text, values)).rows,
    stop: async () => {
      await client.end()
      await db.close()
      await postgres.stop()
    },
  }
}

/** Makes an owner, with a key as there is no owner without one. */
export const newOwner = async (db: Database, name: string): Promise<OwnerRepositories> =>
  db.forOwner((await db.admin.createKey({ name, scopes: ['user'] })).ownerId)

/** Parameters of a small picture. */
export const parameters: Parameters = {
  width: 64,
  height: 64,
  steps: 4,
  guidanceScale: 1,
  guidanceRescale: 0,
  negativePrompt: '',
  sampler: 'ddim',
  guidanceInterval: null,
  speed: 'exact',
  keepUnmasked: false,
}

/** A picture to store. */
export const newImage = (kind: NewImage['kind'] = 'uploaded'): NewImage => {
  const id = newId('image')
  return {
    id,
    kind,
    width: 64,
    height: 64,
    contentType: 'image/png',
    bytes: 100,
    sha256: '0'.repeat(64),
    sourceSha256: null,
    objectKey: `images/${id}.png`,
    thumbnailKey: `images/${id}.thumbnail.png`,
  }
}

/** A turn's condition image without mask. */
export const use = (imageId: string): TurnImage => ({ imageId, maskId: null, maskMode: 'keep' })

/** Creates a turn; throws when there is no session. */
export async function addTurn(owner: OwnerRepositories, sessionId: string, turn: Partial<NewTurn> = {}) {
  const created = await owner.turns.insert({
    sessionId,
    instruction: 'a red ball',
    images: [],
    history: { mode: 'lineage' },
    model: 'tiny',
    generations: [{ seed: 1, parameters }],
    ...turn,
  })
  if (!created) throw new Error('the turn was not created')
  return { ...created, generation: created.generations[0]! }
}

/** The image that a turn after `parentTurnId` (left out: the active one) edits by default; the session is left as it was. */
export async function defaultImage(owner: OwnerRepositories, sessionId: string, parentTurnId?: string | null) {
  const { id, images } = await addTurn(owner, sessionId, { images: undefined, parentTurnId })
  await owner.turns.delete(id)
  return images[0]?.imageId
}

/** A new session with one turn. */
export async function begin(owner: OwnerRepositories, turn: Partial<NewTurn> = {}) {
  const session = await owner.sessions.create({})
  return { session, ...(await addTurn(owner, session.id, turn)) }
}

/** Claims a generation; throws when there is nothing to claim. */
export async function claim(db: Database, id: string): Promise<ClaimedGeneration> {
  const claimed = await db.work.claim(id, newId('worker'))
  if (!claimed) throw new Error('nothing to claim')
  return claimed
}

/** Runs a generation to its end with one picture, whose row it returns. */
export async function paint(db: Database, owner: OwnerRepositories, id: string) {
  await db.work.succeed(await claim(db, id), {
    images: [newImage('generated')],
    timings: { totalMs: 5 },
    device: 'cpu',
  })
  return (await owner.generations.get(id))!.images[0]!
}

/** The query of the first page of all turns of a session. */
export const everyTurn = { path: 'all' as const, limit: 100 }
