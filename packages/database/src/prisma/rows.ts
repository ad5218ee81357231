import type {
  AdminGeneration,
  Failure,
  Generation,
  GenerationSummary,
  History,
  ImageKind,
  Key,
  Lcu,
  LogEvent,
  LogEventName,
  Parameters,
  Reproduction,
  Scope,
  Session,
  Turn,
  TurnImage,
  Worker,
} from '@atelier/contracts'
import type * as Model from '../generated/client.js'
import { Prisma } from '../generated/client.js'
import { columnsOf } from './statements.js'

// The only place where rows become contracts. JSON columns hold what this package wrote, so they are not parsed again.

/** An image row. URLs are made by the API, which knows the object store. */
export interface ImageRow {
  id: string
  kind: ImageKind
  width: number
  height: number
  contentType: string
  bytes: number
  /** Of the stored file, hexadecimal. */
  sha256: string
  /** Of the file that was sent; null for what was not sent, and for uploads that are stored as they were sent. */
  sourceSha256: string | null
  objectKey: string
  thumbnailKey: string
  generationId: string | null
  index: number | null
  createdAt: string
}
/** What a new image row needs. */
export type NewImage = Omit<ImageRow, 'createdAt' | 'generationId' | 'index' | 'sourceSha256'> &
  Partial<Pick<ImageRow, 'sourceSha256'>>
/** A generation with image rows instead of images with URLs. */
export type GenerationRow = Omit<Generation, 'images'> & {
  images: ImageRow[]
  /** Its turn among all that wait: lower ones are claimed first. Not for callers of the API. */
  queueTag: number
}
/** A generation without its LCU, with image rows. */
export type GenerationSummaryRow = Omit<GenerationSummary, 'images'> & { images: ImageRow[]; queueTag: number }
/** A turn with generation rows. */
export type TurnRow = Turn & { generations: GenerationRow[] }
/** An event of the log whose images are rows; the API signs their URLs when it sends it. */
export type LogEventRow = Omit<LogEvent, 'payload'> & { payload: Record<string, unknown> }

/** A value for a JSON column: types without index signature do not fit Prisma's, though their values do. */
export const json = (value: unknown): Model.Prisma.InputJsonValue => value as Model.Prisma.InputJsonValue

/** What a generation row needs besides its own columns. */
export const withImages = { images: { orderBy: { index: 'asc' } } } as const
/** What a turn row needs besides its own columns. */
export const withTurnImages = { images: { orderBy: { position: 'asc' } } } as const
/** A turn with everything of its generations, oldest first. */
export const withGenerations = {
  ...withTurnImages,
  generations: { include: withImages, orderBy: [{ createdAt: 'asc' as const }, { id: 'asc' as const }] },
}

/** A generation without its images, as read under the lock of its session. */
export type LockedGeneration = Model.Generation
/** A generation with its images, as Prisma reads it. */
export type GenerationModel = Model.Generation & { images: Model.Image[] }

/** The columns of a generation, an image, an event, for SQL that reads them as Prisma does. */
export const generationColumns = columnsOf(Prisma.GenerationScalarFieldEnum)
export const imageColumns = columnsOf(Prisma.ImageScalarFieldEnum)
export const eventColumns = columnsOf(Prisma.EventScalarFieldEnum)

const iso = (date: Date): string => date.toISOString()
const isoOrNull = (date: Date | null): string | null => date && iso(date)

/** Row → image row. */
export const toImage = (row: Model.Image): ImageRow => ({
  id: row.id,
  kind: row.kind,
  width: row.width,
  height: row.height,
  contentType: row.contentType,
  bytes: row.bytes,
  sha256: row.sha256,
  sourceSha256: row.sourceSha256,
  objectKey: row.objectKey,
  thumbnailKey: row.thumbnailKey,
  generationId: row.generationId,
  index: row.index,
  createdAt: iso(row.createdAt),
})

/** Row → session. */
export const toSession = (row: Model.Session): Session => ({
  id: row.id,
  title: row.title,
  lastSeq: row.lastSeq,
  activeTurnId: row.activeTurnId,
  createdAt: iso(row.createdAt),
  updatedAt: iso(row.updatedAt),
})

/** Row → condition image. */
export const toTurnImage = ({ imageId, maskId, maskMode }: Model.TurnImage): TurnImage => ({
  imageId,
  maskId,
  maskMode,
})

/** Row → turn. */
export const toTurn = (row: Model.Turn & { images: Model.TurnImage[] }): Turn => ({
  id: row.id,
  sessionId: row.sessionId,
  parentTurnId: row.parentTurnId,
  instruction: row.instruction,
  images: row.images.map(toTurnImage),
  history: row.history as unknown as History,
  createdAt: iso(row.createdAt),
})

/** A generation's parameters. Those from before there were speeds do not name one: they were made exactly. */
export function toParameters(value: Model.Prisma.JsonValue): Parameters {
  const parameters = value as unknown as Omit<Parameters, 'speed'> & Partial<Pick<Parameters, 'speed'>>
  return { speed: 'exact', ...parameters }
}

/** What a generation's summary leaves out. */
export const withoutLcu = { lcu: true, historyDropped: true } as const

/** Row → generation row without its LCU. */
export function toGenerationSummary(row: Omit<GenerationModel, keyof typeof withoutLcu>): GenerationSummaryRow {
  const parameters = toParameters(row.parameters)
  return {
    id: row.id,
    turnId: row.turnId,
    sessionId: row.sessionId,
    status: row.status,
    priority: row.priority,
    queueTag: row.queueTag,
    attempt: row.attempt,
    step: row.step,
    steps: parameters.steps,
    seed: Number(row.seed),
    parameters,
    model: row.model,
    images: row.images.map(toImage),
    timings: row.timings as Record<string, number>,
    device: row.device,
    reproduction: row.reproduction as unknown as Reproduction | null,
    error: row.error as unknown as Failure | null,
    createdAt: iso(row.createdAt),
    startedAt: isoOrNull(row.startedAt),
    finishedAt: isoOrNull(row.finishedAt),
  }
}

/** A generation as operators see it, with image rows. */
export type AdminGenerationRow = Omit<AdminGeneration, 'images'> & { images: ImageRow[]; queueTag: number }

/** What {@link toAdminGeneration} needs besides the generation's own columns. */
export const withRetries = { retries: { select: { id: true }, take: 1 } } as const

/** Row → generation row for operators. */
export const toAdminGeneration = (
  row: Omit<GenerationModel, keyof typeof withoutLcu> & { retries: readonly unknown[] },
): AdminGenerationRow => ({
  ...toGenerationSummary(row),
  ownerId: row.ownerId,
  workerId: row.workerId,
  queuedAt: iso(row.queuedAt),
  parkedAt: isoOrNull(row.status === 'queued' ? row.parkedAt : null),
  lostAttempts: row.lostAttempts,
  failedAttempts: row.failedAttempts,
  retryOf: row.retryOf,
  poison:
    row.status === 'failed' &&
    (row.error as unknown as Failure | null)?.code === 'worker_lost' &&
    row.retries.length === 0,
})

/** Row → generation row. */
export const toGeneration = (row: GenerationModel): GenerationRow => ({
  ...toGenerationSummary(row),
  lcu: row.lcu as unknown as Lcu,
  historyDropped: row.historyDropped as string[],
})

/** A generation row without its LCU, as events and lists carry it. */
export function summaryOf({ lcu: _lcu, historyDropped: _dropped, ...rest }: GenerationRow): GenerationSummaryRow {
  return rest
}

/** Row → turn row with its generations. */
export const toTurnRow = (
  row: Model.Turn & { images: Model.TurnImage[]; generations: GenerationModel[] },
): TurnRow => ({ ...toTurn(row), generations: row.generations.map(toGeneration) })

/** Row → event. */
export function toEvent(row: Model.Event): LogEventRow {
  const type = row.type as LogEventName
  const payload = row.payload as Record<string, unknown>
  if (type === 'turn-created') {
    const generations = payload['generations'] as { parameters: Model.Prisma.JsonValue }[]
    payload['generations'] = generations.map((each) => ({ ...each, parameters: toParameters(each.parameters) }))
  }
  return { type, seq: row.seq, createdAt: iso(row.createdAt), payload }
}

/** Row → key, without its hash. */
export const toKey = (row: Model.Key): Key => ({
  id: row.id,
  ownerId: row.ownerId,
  name: row.name,
  scopes: row.scopes as Scope[],
  hint: row.hint,
  createdAt: iso(row.createdAt),
  lastUsedAt: isoOrNull(row.lastUsedAt),
  expiresAt: isoOrNull(row.expiresAt),
  revokedAt: isoOrNull(row.revokedAt),
})

/** A worker as read by admin/workers.ts. */
export type WorkerRow = Omit<Worker, 'startedAt' | 'lastSeenAt' | 'stateSince' | 'generation' | 'generations'> & {
  startedAt: Date
  lastSeenAt: Date
  stateSince: Date | null
}

/** A generation that a worker runs, as read by admin/workers.ts. */
export type RunningRow = Omit<Worker['generations'][number], 'startedAt'> & { workerId: string; startedAt: Date }

/** Row and the rows of what it runs → worker. */
export const toWorker = (row: WorkerRow, running: readonly RunningRow[]): Worker => {
  const generations = running.map(({ workerId: _workerId, ...rest }) => ({ ...rest, startedAt: iso(rest.startedAt) }))
  return {
    ...row,
    startedAt: iso(row.startedAt),
    lastSeenAt: iso(row.lastSeenAt),
    stateSince: isoOrNull(row.stateSince),
    generation: generations[0] ?? null,
    generations,
  }
}
