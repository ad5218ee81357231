import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WorkerSettings } from '@atelier/service'
import { newId, type Parameters, type TurnImage } from '@atelier/contracts'
import {
  migrate,
  openDatabase,
  type Database,
  type GenerationRow,
  type ImageRow,
  type OwnerRepositories,
} from '@atelier/database'
import { eventually, runSql, startStopwatch, startTestPostgres } from '@atelier/testing'
import { openObjectStore, type ObjectStore } from '@atelier/objects'
import { openQueue, type GenerationQueue } from '@atelier/queue'
import sharp from 'sharp'
import { copyTinyModel, type ModelCopy } from './model-copy.js'

/** What a test may say about a turn. */
export interface TurnOptions {
  images?: TurnImage[]
  parameters?: Partial<Parameters>
  model?: string
  /** Default null: a root, so that one test's broken pictures are not another one's history. */
  parentTurnId?: string | null
  /** Default true. */
  enqueue?: boolean
}

/** Everything a worker works with, real, without a worker. */
export interface WorkerStack {
  settings: WorkerSettings
  /** The folder of the only model. */
  model: ModelCopy
  database: Database
  owner: OwnerRepositories
  sessionId: string
  queue: GenerationQueue
  objects: ObjectStore
  /** Stores a PNG file as an uploaded image, or as one of another kind. */
  store(png: Buffer, size: { width: number; height: number; kind?: ImageRow['kind'] }): Promise<ImageRow>
  /** Stores a picture as an uploaded image: black, with a part of one colour from the left (default all of it). */
  upload(
    size: { width: number; height: number; kind?: ImageRow['kind'] },
    colour: string,
    coloured?: number,
  ): Promise<ImageRow>
  /** Makes a turn with one generation, in the queue unless told otherwise. */
  turn(instruction: string, options?: TurnOptions): Promise<GenerationRow>
  generation(id: string): Promise<GenerationRow>
  /** Waits until a generation fits, and returns it. */
  until(id: string, fits: (row: GenerationRow) => boolean): Promise<GenerationRow>
  /**
   * Cancels a running generation and waits for its end. Milliseconds from the one to the other by the database's clock,
   * without the times in which this process could not run: how long a test takes to ask and to look is not in it.
   */
  cancelMs(id: string): Promise<number>
  close(): Promise<void>
}

/** Parameters that the tiny model finishes in a fraction of a second. */
export const quick: Parameters = {
  width: 64,
  height: 64,
  steps: 4,
  guidanceScale: 2,
  guidanceRescale: 0.5,
  negativePrompt: '',
  sampler: 'ddim',
  guidanceInterval: null,
  speed: 'exact',
  keepUnmasked: false,
}

/**
 * Opens database, queue and object store for one test file.
 *
 * @param queueUrl - where the queue is; default: in the database
 */
export async function openWorkerStack(queueUrl?: string): Promise<WorkerStack> {
  const model = await copyTinyModel()
  const postgres = await startTestPostgres()
  await migrate(postgres.url)
  const directory = await mkdtemp(join(tmpdir(), 'atelier worker '))
  const database = await openDatabase({ url: postgres.url })
  const owner = database.forOwner((await database.admin.createKey({ name: 'test', scopes: ['user'] })).ownerId)
  const session = await owner.sessions.create({})
  const settings: WorkerSettings = {
    databaseUrl: postgres.url,
    // another server is shared with other suites
    queue: queueUrl
      ? { url: queueUrl, name: `generations-${randomUUID()}` }
      : { url: postgres.url, name: 'generations' },
    objects: { kind: 'folder', directory, signingSecret: 's'.repeat(32) },
    models: { directory: model.directory, defaultModel: 'tiny' },
    logLevel: 'silent',
    device: 'cpu',
    resident: ['text-encoder', 'denoiser', 'vae-encoder', 'vae-decoder'],
    threads: 1,
  }
  const objects = await openObjectStore(settings.objects)
  const queue = await openQueue(settings.queue)
  const generation = async (id: string) => (await owner.generations.get(id))!
  const until: WorkerStack['until'] = async (id, fits) => {
    let row: GenerationRow
    const what = () => `the generation is ${row.status} at step ${row.step}, attempt ${row.attempt}`
    // a machine with much else to do takes its time
    return eventually(what, async () => fits((row = await generation(id))) && row, 120_000)
  }
  /** A queue that had no answer in 2 s, as on a machine that stood still, is asked again. */
  const enqueue = (id: string) =>
    eventually('the queue takes it', () =>
      queue.add(id).then(
        () => true,
        () => false,
      ),
    )
  const store: WorkerStack['store'] = async (png, { width, height, kind = 'uploaded' }) => {
    const id = newId('image')
    const key = `images/${id}.png`
    await objects.put(key, png, { contentType: 'image/png' })
    const sha256 = createHash('sha256').update(png).digest('hex')
    return owner.images.create({
      id,
      kind,
      width,
      height,
      contentType: 'image/png',
      bytes: png.length,
      sha256,
      objectKey: key,
      thumbnailKey: key,
    })
  }
  return {
    settings,
    model,
    database,
    owner,
    sessionId: session.id,
    queue,
    objects,
    generation,
    store,
    async upload({ width, height, ...kind }, colour, coloured = width) {
      const part = sharp({ create: { width: coloured, height, channels: 3, background: colour } })
      const png = await part
        .extend({ right: width - coloured, background: 'black' })
        .png()
        .toBuffer()
      return store(png, { width, height, ...kind })
    },
    async turn(
      instruction,
      { images = [], parameters, model = 'tiny', parentTurnId = null, enqueue: enqueued = true } = {},
    ) {
      const turn = await owner.turns.insert({
        sessionId: session.id,
        instruction,
        images,
        history: { mode: 'lineage' },
        parentTurnId,
        model,
        generations: [{ seed: 7, parameters: { ...quick, ...parameters } }],
      })
      const made = turn!.generations[0]!
      if (enqueued) await enqueue(made.id)
      return made
    },
    until,
    async cancelMs(id) {
      const [began, watch] = [performance.now(), startStopwatch()]
      await owner.generations.cancel(id)
      await until(id, ({ finishedAt }) => finishedAt !== null)
      const stoodStill = performance.now() - began - watch.stop()
      const [row] = await runSql<{ ms: number }>(
        settings.databaseUrl,
        'SELECT 1000 * extract(epoch FROM finished_at - cancel_requested_at)::float8 AS ms FROM generations WHERE id = $1',
        [id],
      )
      return row!.ms - stoodStill
    },
    async close() {
      await queue.close()
      await objects.close()
      await database.close()
      await postgres.stop()
      await model.remove()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
