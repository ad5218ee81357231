import { isIP } from 'node:net'
import { residentPartSchema } from '@atelier/contracts'
import { z } from 'zod'

/** A comma-separated list. */
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
)

/** An address or a network in CIDR notation. `0.0.0.0/0` would let every caller choose its address. */
function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const most = isIP(address) === 4 ? 32 : 128
  return (
    isIP(address) !== 0 &&
    rest.length === 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && +bits >= 1 && +bits <= most))
  )
}

const flag = z.enum(['true', 'false']).transform((value) => value === 'true')
const atLeastOne = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER)
const port = z.coerce.number().int().min(0).max(65535)

/**
 * The environment variables of all processes, with their defaults. `docs/configuration.md` documents them; a test compares
 * the two.
 */
export const environmentSchema = z.object({
  /** Address and port of the API. */
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(8080),
  /** Folder of the embedded stack: database, images, secrets, first key. */
  ATELIER_DATA: z.string().default('.atelier'),
  /** Postgres 14 or newer. The embedded stack brings its own. */
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must start with postgres://')
    .optional(),
  /** `redis://…` or `postgres://…`. Default: the database. */
  QUEUE_URL: z
    .string()
    .regex(/^(redis|rediss|postgres|postgresql):\/\//, 'must start with redis:// or postgres://')
    .optional(),
  /** Name of the queue. */
  QUEUE_NAME: z
    .string()
    .regex(/^[\w-]+$/)
    .default('generations'),
  /** A folder for image files (`OBJECTS_DIRECTORY`) or a bucket (`S3_BUCKET`). */
  OBJECTS_DIRECTORY: z.string().optional(),
  S3_BUCKET: z.string().optional(),
  S3_ENDPOINT: z.string().url().optional(),
  /** Address at which browsers reach that server, if it differs. Links to images point there. */
  S3_PUBLIC_ENDPOINT: z.string().url().optional(),
  S3_REGION: z.string().default('us-east-1'),
  S3_ACCESS_KEY_ID: z.string().optional(),
  S3_SECRET_ACCESS_KEY: z.string().optional(),
  /** Signs the URLs of files in a folder; at least 32 characters. The embedded stack creates its own. */
  URL_SIGNING_SECRET: z.string().min(32).optional(),
  /** Folder that contains the model folders, and the name of the default model. */
  MODELS_DIRECTORY: z.string().default('models'),
  DEFAULT_MODEL: z.string().default('ace-mini'),
  /** Device that runs the model. */
  DEVICE: z.enum(['auto', 'cpu', 'cuda']).default('auto'),
  /** Parts of a model to keep in memory: `all`, `none`, or a comma-separated list. */
  RESIDENT: z
    .string()
    .default('all')
    .transform((text, context) => {
      if (text === 'all') return [...residentPartSchema.options]
      const parts = z
        .array(residentPartSchema)
        .safeParse(text === 'none' ? [] : text.split(',').map((name) => name.trim()))
      if (parts.success) return parts.data
      context.addIssue(`must be all, none, or a comma-separated list of ${residentPartSchema.options.join(', ')}`)
      return z.NEVER
    }),
  /** CPU threads per graph; 0 = all cores. */
  THREADS: z.coerce.number().int().min(0).max(256).default(0),
  BATCH_SIZE: z.coerce.number().int().min(1).max(16).default(1),
  BATCH_WAIT_MS: z.coerce.number().int().min(0).max(10_000).default(0),
  /** Maximum size of an upload in bytes and of an image in pixels. */
  MAX_UPLOAD_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(20 * 1024 * 1024),
  MAX_IMAGE_PIXELS: z.coerce
    .number()
    .int()
    .min(256)
    .default(4096 * 4096),
  /** Whether uploading the exact bytes of an image its owner already has returns that image. */
  REUSE_UPLOADS: z
    .enum(['true', 'false'])
    .default('true')
    .transform((v) => v === 'true'),
  /** How long a link to a picture, which needs no key, is valid, in seconds: 10 to 604800 (a week, the most of S3). */
  LINK_SECONDS: z.coerce.number().int().min(10).max(604_800).default(900),
  /** Maximum size of a session archive to import, in bytes. */
  MAX_ARCHIVE_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(512 * 1024 * 1024),
  /** What is done once a day about old sessions and orphaned files, and after how many days a session is old; 0 = never. */
  HOUSEKEEPING: z.enum(['off', 'report', 'delete']).default('report'),
  RETENTION_DAYS: z.coerce.number().int().min(0).max(36_500).default(0),
  /** Processes in which an API process decodes pictures and checks archives; each takes up to about 0.5 GB. */
  WORK_PROCESSES: z.coerce.number().int().min(1).max(64).default(2),
  /** Whether Bull Board at `/admin/queues` may change jobs; otherwise it only shows them. */
  BOARD_ACTIONS: flag.default(false),
  /** Requests per minute for each key; 0 = no limit. */
  RATE_LIMIT_PER_MINUTE: z.coerce.number().int().min(0).default(600),
  /** Requests per minute without a key, and failed sign-ins per minute, for each address; 0 = no limit. */
  ANONYMOUS_LIMIT_PER_MINUTE: z.coerce.number().int().min(0).default(600),
  FAILED_SIGN_INS_PER_MINUTE: z.coerce.number().int().min(0).default(30),
  /** Port that serves `/metrics` without a key, at `HOST`. Default: none. */
  METRICS_PORT: port.min(1).optional(),
  /** The same for a worker's process. Default: none. */
  WORKER_METRICS_PORT: port.min(1).optional(),
  /** The most that one owner may have, and start at once. See `ownerLimitNames` in the contracts. */
  MAX_WAITING_PER_OWNER: atLeastOne.default(5000),
  MAX_RUNNING_PER_OWNER: atLeastOne.default(32),
  MAX_SESSIONS_PER_OWNER: atLeastOne.default(20_000),
  MAX_TURNS_PER_SESSION: atLeastOne.default(20_000),
  MAX_IMAGES_PER_OWNER: atLeastOne.default(200_000),
  MAX_BYTES_PER_OWNER: atLeastOne.default(200 * 1024 ** 3),
  MAX_KEYS_PER_OWNER: atLeastOne.default(200),
  MAX_SOCKETS_PER_OWNER: atLeastOne.default(1000),
  MAX_JOINED_SESSIONS_PER_OWNER: atLeastOne.default(5000),
  MAX_IMPORTS_PER_OWNER: atLeastOne.default(8),
  MAX_DECODES_PER_OWNER: atLeastOne.default(64),
  /** Comma-separated origins whose pages may call the API. Default: only the API's own. */
  CORS_ORIGINS: list.default([]),
  /**
   * Names of models that clients of the OpenAI door send: a name for the default model here, or `name=model`,
   * comma-separated. A `*` at the end of a name stands for any more letters.
   */
  OPENAI_MODEL_ALIASES: list.default(['gpt-image-1', 'dall-e-3', 'dall-e-2', 'gpt-image-*', 'chatgpt-image-*']),
  /** Whether a picture of ours that comes back through the OpenAI door continues its conversation. */
  OPENAI_HISTORY: flag.default(true),
  /** Whether a generation is cancelled when everybody who waited for it at the OpenAI door has gone. */
  OPENAI_CANCEL_ON_CLOSE: flag.default(true),
  /** How long an answer that did not arrive is kept for the same call, in seconds after its generation ended. */
  OPENAI_REPEAT_SECONDS: z.coerce.number().int().min(0).max(3600).default(60),
  /** Whether calls of the OpenAI door may name pictures by a public `https://` or `http://` address. */
  OPENAI_REMOTE_IMAGES: flag.default(true),
  /** Path at which a proxy shows the API and the page. */
  BASE_PATH: z
    .string()
    .default('')
    .transform((path) => path.replace(/\/+$/, ''))
    .pipe(z.string().regex(/^(\/[\w.~-]+)*$/, 'must be a path such as /atelier')),
  /** Proxies whose X-Forwarded-… headers are believed: addresses and networks. Default: none. */
  TRUST_PROXY: list
    .refine(
      (all) => all.every(isNetwork),
      'must be a comma-separated list of addresses and networks, such as 10.0.0.0/8',
    )
    .default([]),
  /** Networks besides the public internet that webhooks may lead to. Default: none. */
  WEBHOOK_NETWORKS: list
    .refine(
      (all) => all.every(isNetwork),
      'must be a comma-separated list of addresses and networks, such as 10.0.0.0/8',
    )
    .default([]),
  /** Where traces are sent, as OTLP over HTTP. Default: nowhere. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
})

/** The validated environment. */
export type Environment = z.infer<typeof environmentSchema>
