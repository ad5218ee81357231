import { EnvironmentError } from './read-environment.js'
import type { OwnerLimits } from '@atelier/contracts'
import type { MetricsPlace } from './metrics.js'
import { environmentSchema, type Environment } from './settings.js'

/** Where image files are stored. */
export type ObjectSettings =
  | { kind: 'folder'; directory: string; signingSecret: string }
  | {
      kind: 's3'
      bucket: string
      endpoint?: string
      publicEndpoint?: string
      region: string
      credentials?: { accessKeyId: string; secretAccessKey: string }
    }

/** Settings that API and worker share. */
export interface ServiceSettings {
  databaseUrl: string
  queue: { url: string; name: string }
  objects: ObjectSettings
  models: { directory: string; defaultModel: string }
  logLevel: Environment['LOG_LEVEL']
}

/** How the OpenAI door behaves, `/openai/v1`. */
export interface OpenAiSettings {
  /** Other names of models, by name; null: the default model. */
  modelAliases: ReadonlyMap<string, string | null>
  /** Whether a picture of ours that comes back continues its conversation. */
  history: boolean
  /** Whether a generation is cancelled when everybody who waited for it has gone. */
  cancelOnClose: boolean
  /** How long an answer that did not arrive is kept for the same call, in seconds after its generation ended. */
  repeatSeconds: number
  /** Whether calls may name pictures by a public address. */
  remoteImages: boolean
}

/** Settings of an API process. */
export interface ApiSettings extends ServiceSettings {
  host: string
  /** 0 = any free port. */
  port: number
  limits: {
    uploadBytes: number
    imagePixels: number
    archiveBytes: number
    requestsPerMinute: number
    /** Requests a minute without key from one address, and sign-ins that may fail there; 0 = no limit. */
    anonymousPerMinute: number
    failedSignInsPerMinute: number
  }
  /** What is done once a day about sessions unchanged for `retentionDays` (0 = none) and about orphaned files. */
  housekeeping: { mode: Environment['HOUSEKEEPING']; retentionDays: number }
  /** Processes in which pictures are decoded and archives checked. */
  workProcesses: number
  /** The most that one owner may have; default: those of an empty environment. */
  ownerLimits?: OwnerLimits
  /** Whether uploading the exact bytes of an image its owner already has returns that image. */
  reuseUploads: boolean
  /** How long links to pictures are valid, in seconds. */
  linkSeconds: number
  corsOrigins: string[]
  /** Whether Bull Board may change jobs; default: it only shows them. */
  boardActions?: boolean
  /** Default: those of an empty environment. */
  openAi?: OpenAiSettings
  /** Path at which a proxy shows the API, without a slash at its end; empty: none. */
  basePath: string
  /** Addresses and networks of proxies whose `X-Forwarded-…` headers count. */
  trustProxy: string[]
  /** Networks besides the public internet that webhooks may lead to; default: none. */
  webhookNetworks?: string[]
  /** Where the metrics are served without key, if anywhere. */
  metrics?: MetricsPlace
}

/** Settings of a worker process. */
export interface WorkerSettings extends ServiceSettings {
  device: Environment['DEVICE']
  /** Parts of a model to keep in memory. */
  resident: Environment['RESIDENT']
  /** 0 = all cores. */
  threads: number
  /** Generations at once, 1 … 16; default 1. Those with equal frames and sizes share steps. */
  batch?: number
  /** How long a first step waits for others to share it, in milliseconds; default 0. */
  batchWaitMs?: number
  /** Where the metrics are served, if anywhere. */
  metrics?: MetricsPlace
  /** Most generations of one owner that run at once, on all workers; default: no limit. */
  runningPerOwner?: number
}

function objectSettings(env: Environment): ObjectSettings {
  if (env.S3_BUCKET) {
    const credentials =
      env.S3_ACCESS_KEY_ID && env.S3_SECRET_ACCESS_KEY
        ? { accessKeyId: env.S3_ACCESS_KEY_ID, secretAccessKey: env.S3_SECRET_ACCESS_KEY }
        : undefined
    return {
      kind: 's3',
      bucket: env.S3_BUCKET,
      region: env.S3_REGION,
      ...(env.S3_ENDPOINT && { endpoint: env.S3_ENDPOINT }),
      ...(env.S3_PUBLIC_ENDPOINT && { publicEndpoint: env.S3_PUBLIC_ENDPOINT }),
      ...(credentials && { credentials }),
    }
  }
  if (env.OBJECTS_DIRECTORY && env.URL_SIGNING_SECRET) {
    return { kind: 'folder', directory: env.OBJECTS_DIRECTORY, signingSecret: env.URL_SIGNING_SECRET }
  }
  throw new EnvironmentError('Set S3_BUCKET, or OBJECTS_DIRECTORY together with URL_SIGNING_SECRET.')
}

function serviceSettings(env: Environment): ServiceSettings {
  if (!env.DATABASE_URL) throw new EnvironmentError('DATABASE_URL: must be set')
  return {
    databaseUrl: env.DATABASE_URL,
    queue: { url: env.QUEUE_URL ?? env.DATABASE_URL, name: env.QUEUE_NAME },
    objects: objectSettings(env),
    models: { directory: env.MODELS_DIRECTORY, defaultModel: env.DEFAULT_MODEL },
    logLevel: env.LOG_LEVEL,
  }
}

/** Limits on what callers of the API may send. */
export const limitsOf = (env: Environment): ApiSettings['limits'] => ({
  uploadBytes: env.MAX_UPLOAD_BYTES,
  imagePixels: env.MAX_IMAGE_PIXELS,
  archiveBytes: env.MAX_ARCHIVE_BYTES,
  requestsPerMinute: env.RATE_LIMIT_PER_MINUTE,
  anonymousPerMinute: env.ANONYMOUS_LIMIT_PER_MINUTE,
  failedSignInsPerMinute: env.FAILED_SIGN_INS_PER_MINUTE,
})

const placeOf = (host: string, port: number | undefined) => (port === undefined ? {} : { metrics: { host, port } })

/** Where the metrics are served without key, if anywhere. */
export const metricsOf = (env: Environment): Pick<ApiSettings, 'metrics'> => placeOf(env.HOST, env.METRICS_PORT)

/** What is done once a day about what is old. */
export const housekeepingOf = (env: Environment): ApiSettings['housekeeping'] => ({
  mode: env.HOUSEKEEPING,
  retentionDays: env.RETENTION_DAYS,
})

/** The most that one owner may have. @param env - default: an empty environment, so the defaults */
export const ownerLimitsOf = (env: Environment = environmentSchema.parse({})): OwnerLimits => ({
  waiting: env.MAX_WAITING_PER_OWNER,
  running: env.MAX_RUNNING_PER_OWNER,
  sessions: env.MAX_SESSIONS_PER_OWNER,
  turnsPerSession: env.MAX_TURNS_PER_SESSION,
  images: env.MAX_IMAGES_PER_OWNER,
  bytes: env.MAX_BYTES_PER_OWNER,
  keys: env.MAX_KEYS_PER_OWNER,
  sockets: env.MAX_SOCKETS_PER_OWNER,
  joinedSessions: env.MAX_JOINED_SESSIONS_PER_OWNER,
  imports: env.MAX_IMPORTS_PER_OWNER,
  decodes: env.MAX_DECODES_PER_OWNER,
})

/** How the OpenAI door behaves. @param env - default: an empty environment, so the defaults */
export const openAiOf = (env: Environment = environmentSchema.parse({})): OpenAiSettings => ({
  modelAliases: new Map(
    env.OPENAI_MODEL_ALIASES.map((alias) => {
      const [name = '', model] = alias.split('=').map((part) => part.trim())
      return [name, model || null]
    }),
  ),
  history: env.OPENAI_HISTORY,
  cancelOnClose: env.OPENAI_CANCEL_ON_CLOSE,
  repeatSeconds: env.OPENAI_REPEAT_SECONDS,
  remoteImages: env.OPENAI_REMOTE_IMAGES,
})

/** Settings of an API process. @throws EnvironmentError */
export function apiSettings(env: Environment): ApiSettings {
  return {
    ...serviceSettings(env),
    host: env.HOST,
    port: env.PORT,
    limits: limitsOf(env),
    housekeeping: housekeepingOf(env),
    workProcesses: env.WORK_PROCESSES,
    ownerLimits: ownerLimitsOf(env),
    reuseUploads: env.REUSE_UPLOADS,
    linkSeconds: env.LINK_SECONDS,
    corsOrigins: env.CORS_ORIGINS,
    boardActions: env.BOARD_ACTIONS,
    openAi: openAiOf(env),
    basePath: env.BASE_PATH,
    trustProxy: env.TRUST_PROXY,
    webhookNetworks: env.WEBHOOK_NETWORKS,
    ...metricsOf(env),
  }
}

/** Settings of a worker process. @throws EnvironmentError */
export function workerSettings(env: Environment): WorkerSettings {
  const runningPerOwner = env.MAX_RUNNING_PER_OWNER
  return {
    ...serviceSettings(env),
    device: env.DEVICE,
    resident: env.RESIDENT,
    threads: env.THREADS,
    batch: env.BATCH_SIZE,
    batchWaitMs: env.BATCH_WAIT_MS,
    runningPerOwner,
    ...placeOf(env.HOST, env.WORKER_METRICS_PORT),
  }
}
