import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { manifestSchema, type Image, type Manifest, type OwnerLimits } from '@atelier/contracts'
import { migrate, openDatabase, type ClaimedGeneration, type Database } from '@atelier/database'
import { countRows, runSql, startTestPostgres } from '@atelier/testing'
import { FolderStore } from '@atelier/objects'
import { ownerLimitsOf } from '@atelier/service'
import { openProgressFeed, openQueue, type GenerationQueue } from '@atelier/queue'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { pino } from 'pino'
import sharp from 'sharp'
import { buildApi, ModelCatalog, type ApiDependencies } from '../../src/index.js'

/** Manifest of a model of 64×64 pixels at most; only names, limits and defaults matter to the API. */
export const manifest: Manifest = manifestSchema.parse({
  format: 1,
  name: 'ace-test',
  family: 'ace',
  title: 'Test',
  description: 'For tests',
  precision: 'fp32',
  dit: { width: 8, depth: 1, heads: 1, patch: 2, textWidth: 8 },
  latent: { channels: 4, downscale: 8, scale: 1 },
  text: { maxTokens: 120, padId: 0, eosId: 1, cleaning: [] },
  limits: {
    maxFrameTokens: 16,
    maxConditionFrames: 9,
    sizeMultiple: 16,
    minSize: 32,
    maxSteps: 100,
    maxGuidanceScale: 20,
    maxAspect: 4,
  },
  defaults: {
    width: 64,
    height: 64,
    steps: 20,
    guidanceScale: 4.5,
    guidanceRescale: 0.5,
    sampler: 'ddim',
    guidanceInterval: null,
  },
  scheduler: {
    trainSteps: 1000,
    betaStart: 0.0001,
    betaEnd: 0.02,
    schedule: 'linear',
    prediction: 'eps',
    spacing: 'trailing',
  },
  preview: { factors: [[1, 0, 0]], bias: [0, 0, 0] },
  indicators: { file: 'i', shape: [10, 8] },
  tokenizer: { file: 't' },
  graphs: { textEncoder: 'a', conditioner: 'b', denoiser: 'c', vaeEncoder: 'd', vaeDecoder: 'e' },
  files: [],
})

/** Somebody with a key. */
export interface Person {
  token: string
  ownerId: string
  headers: { authorization: string }
}

/** An API on real parts, with two owners and an administrator. */
export interface TestApi {
  /** Of the database. */
  databaseUrl: string
  app: FastifyInstance
  database: Database
  queue: GenerationQueue
  objects: FolderStore
  anna: Person
  ben: Person
  admin: Person
  /** How many rows each table has, and how many objects there are. */
  count(): Promise<Record<string, number>>
  /** Looks past the repositories. */
  sql<R extends object>(text: string, values?: unknown[]): Promise<R[]>
  /** Address once {@link listen} was called. */
  listen(): Promise<string>
  /** Sends a request as somebody (default Anna) and reads the answer. */
  send(
    method: InjectOptions['method'],
    url: string,
    options?: { as?: Person | null; body?: unknown; headers?: Record<string, string> },
  ): Promise<{ status: number; body: any; headers: Record<string, unknown> }>
  /** Uploads a file. */
  upload(
    file: Uint8Array,
    options?: { as?: Person; purpose?: string; headers?: Record<string, string> },
  ): Promise<{ status: number; body: any; headers: Record<string, unknown> }>
  /** A new session's id. */
  session(as?: Person): Promise<string>
  /** Carries a queued generation through as a worker would, with a picture (green unless told otherwise). */
  finish(generationId: string, colour?: string): Promise<void>
  close(): Promise<void>
}

/** A one-coloured PNG. */
export const png = (width: number, height: number, colour = '#c33'): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: colour } })
    .png()
    .toBuffer()

/** Body of a multipart request with a file and fields. */
export function multipart(
  file: Uint8Array,
  fields: Record<string, string> = {},
): { payload: Buffer; headers: { 'content-type': string } } {
  const mark = 'atelier-test-boundary'
  const parts = Object.entries(fields).map(([name, value]) =>
    Buffer.from(`--${mark}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`),
  )
  parts.push(
    Buffer.from(
      `--${mark}\r\nContent-Disposition: form-data; name="file"; filename="x.bin"\r\nContent-Type: application/octet-stream\r\n\r\n`,
    ),
  )
  return {
    payload: Buffer.concat([...parts, file, Buffer.from(`\r\n--${mark}--\r\n`)]),
    headers: { 'content-type': `multipart/form-data; boundary=${mark}` },
  }
}

/** Starts one; settings and parts may be replaced. @param postgresOptions - see `startTestPostgres` */
export async function startTestApi(
  change: (dependencies: ApiDependencies) => ApiDependencies = (d) => d,
  postgresOptions: Parameters<typeof startTestPostgres>[0] = {},
  ownerLimits: OwnerLimits = ownerLimitsOf(),
): Promise<TestApi> {
  const postgres = await startTestPostgres(postgresOptions)
  const directory = await mkdtemp(join(tmpdir(), 'atelier api '))
  await migrate(postgres.url)
  const database = await openDatabase({ url: postgres.url, poolSize: 5, ownerLimits })
  const queue = await openQueue({ url: postgres.url })
  const progress = await openProgressFeed({ url: postgres.url })
  const objects = await FolderStore.open({ directory, signingSecret: 'x'.repeat(32) })
  const settings = {
    limits: {
      uploadBytes: 1024 * 1024,
      imagePixels: 1024 * 1024,
      archiveBytes: 1024 * 1024,
      requestsPerMinute: 0,
      anonymousPerMinute: 0,
      failedSignInsPerMinute: 0,
    },
    ownerLimits,
    reuseUploads: true,
    linkSeconds: 900,
    corsOrigins: ['http://friend.example'],
  }
  const models = new ModelCatalog([manifest, { ...manifest, name: 'ace-other' }], 'ace-test')
  const app = await buildApi(
    change({ database, queue, progress, objects, models, settings, logger: pino({ level: 'silent' }) }),
  )
  await app.ready()
  const person = async (name: string, scopes: ('user' | 'admin')[]): Promise<Person> => {
    const { token, ownerId } = await database.admin.createKey({ name, scopes })
    return { token, ownerId, headers: { authorization: `Bearer ${token}` } }
  }
  const [anna, ben, admin] = [
    await person('Anna', ['user']),
    await person('Ben', ['user']),
    await person('Ada', ['user', 'admin']),
  ]
  const read = ({
    statusCode,
    body,
    headers,
  }: {
    statusCode: number
    body: string
    headers: Record<string, unknown>
  }) => ({
    status: statusCode,
    headers,
    body: String(headers['content-type']).startsWith('application/json') && body ? (JSON.parse(body) as any) : body,
  })
  const send: TestApi['send'] = async (method, url, { as = anna, body, headers = {} } = {}) =>
    read(
      await app.inject({
        method: method!,
        url,
        headers: { ...as?.headers, ...headers },
        ...(body !== undefined && { payload: body as object }),
      }),
    )
  return {
    databaseUrl: postgres.url,
    app,
    database,
    queue,
    objects,
    anna,
    ben,
    admin,
    send,
    sql: (text, values) => runSql(postgres.url, text, values),
    count: async () => {
      let stored = 0
      for await (const _ of objects.list('')) stored += 1
      return { ...(await countRows(postgres.url)), objects: stored }
    },
    listen: async () =>
      app.server.listening
        ? `http://127.0.0.1:${(app.server.address() as { port: number }).port}`
        : app.listen({ host: '127.0.0.1', port: 0 }),
    upload: async (file, { as = anna, purpose, headers = {} } = {}) => {
      const { payload, headers: type } = multipart(file, purpose === undefined ? {} : { purpose })
      return read(
        await app.inject({
          method: 'POST',
          url: '/v1/images',
          payload,
          headers: { ...as.headers, ...type, ...headers },
        }),
      )
    },
    session: async (as = anna) => ((await send('POST', '/v1/sessions', { as })).body as { id: string }).id,
    finish: async (generationId, colour) => {
      const claim = await database.work.claim(generationId, 'wrk_0000000000000000')
      if (!claim) throw new Error(`${generationId} cannot be claimed`)
      await finishClaim(database, objects, claim, colour)
    },
    close: async () => {
      await app.close()
      for (const part of [progress, queue, database]) await part.close()
      await postgres.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function finishClaim(
  database: Database,
  objects: FolderStore,
  claim: { id: string; attempt: number; repeats: ClaimedGeneration['repeats'] },
  colour = '#3c3',
): Promise<void> {
  const file = await png(64, 64, colour)
  const thumbnail = await sharp(file).webp().toBuffer()
  const [objectKey, thumbnailKey] = [`generations/${claim.id}/0.png`, `generations/${claim.id}/0.thumb.webp`]
  await objects.put(objectKey, file)
  await objects.put(thumbnailKey, thumbnail)
  const id = `img_${claim.id.slice(4)}`
  await database.work.succeed(claim, {
    images: [
      {
        id,
        kind: 'generated',
        width: 64,
        height: 64,
        contentType: 'image/png',
        bytes: file.length,
        sha256: createHash('sha256').update(file).digest('hex'),
        objectKey,
        thumbnailKey,
      },
    ],
    timings: { totalMs: 1 },
    device: 'cpu',
    ...(claim.repeats && {
      reproduction: {
        generationId: claim.repeats.generationId,
        equal: true,
        differentPixels: 0,
        maxDifference: 0,
        sameDevice: true,
      },
    }),
  })
}

let uploads = 0

/** An uploaded picture that no other call gives, or a mask that is white all over. */
export async function uploaded(
  api: TestApi,
  width = 64,
  height = 64,
  options: { as?: Person; purpose?: string } = {},
): Promise<Image> {
  const mask = options.purpose === 'mask'
  // the same pixels in other bytes: an equal upload would be the picture that is there already
  const file = await sharp(await png(width, height, mask ? '#fff' : '#c33'))
    .withMetadata({ density: 72 + uploads++ })
    .png()
    .toBuffer()
  const { status, body } = await api.upload(file, options)
  if (status !== 201) throw new Error(JSON.stringify(body))
  return body as Image
}
