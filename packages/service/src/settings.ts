import { residentPartSchema } from '@atelier/contracts'
import { z } from 'zod'

const port = z.coerce.number().int().min(0).max(65535)

/** Environment variables of every process, with their defaults and meaning. `docs/configuration.md` lists them; a test compares. */
export const environmentSchema = z.object({
  /** Where the API listens. Loopback unless told otherwise. */
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(8080),
  /** Folder of the embedded stack: database, objects, first key. */
  ATELIER_DATA: z.string().default('.atelier'),
  /** Postgres ≥ 14. The embedded stack sets it itself. */
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must start with postgres://')
    .optional(),
  /** `redis://…` or `postgres://…`; default: the database. */
  QUEUE_URL: z
    .string()
    .regex(/^(redis|rediss|postgres|postgresql):\/\//, 'must start with redis:// or postgres://')
    .optional(),
  /** Name of the queue. */
  QUEUE_NAME: z
    .string()
    .regex(/^[\w-]+$/)
    .default('generations'),
  /** Folder of the objects (`OBJECTS_DIRECTORY`) or a bucket (`S3_BUCKET`). */
  OBJECTS_DIRECTORY: z.string().optional(),
  S3_BUCKET: z.string().optional(),
  S3_ENDPOINT: z.string().url().optional(),
  /** Where browsers reach that server, when it is another address; links to pictures go there. */
  S3_PUBLIC_ENDPOINT: z.string().url().optional(),
  S3_REGION: z.string().default('us-east-1'),
  S3_ACCESS_KEY_ID: z.string().optional(),
  S3_SECRET_ACCESS_KEY: z.string().optional(),
  /** Signs the URLs of a folder's objects; at least 32 characters. The embedded stack makes its own. */
  URL_SIGNING_SECRET: z.string().min(32).optional(),
  /** Folder that holds model folders, and the name of the default one. */
  MODELS_DIRECTORY: z.string().default('models'),
  DEFAULT_MODEL: z.string().default('ace-mini'),
  /** Where the model runs. */
  DEVICE: z.enum(['auto', 'cpu', 'cuda']).default('auto'),
  /** Parts of a model that stay in memory: `all`, `none`, or names separated by commas. */
  RESIDENT: z
    .string()
    .default('all')
    .transform((text, context) => {
      if (text === 'all') return [...residentPartSchema.options]
      const parts = z
        .array(residentPartSchema)
        .safeParse(text === 'none' ? [] : text.split(',').map((name) => name.trim()))
      if (parts.success) return parts.data
      context.addIssue(`must be all, none, or some of ${residentPartSchema.options.join(', ')}, separated by commas`)
      return z.NEVER
    }),
  /** Threads of one graph; 0 = all cores. */
  THREADS: z.coerce.number().int().min(0).max(256).default(0),
  /** Largest upload in bytes and largest picture in pixels. */
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
  /** Whether an upload that has the bytes of a picture its owner already has is that picture. */
  REUSE_UPLOADS: z
    .enum(['true', 'false'])
    .default('true')
    .transform((v) => v === 'true'),
  /** Largest archive of a session that can be imported, in bytes. */
  MAX_ARCHIVE_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(512 * 1024 * 1024),
  /** Requests a minute of one key; 0 = no limit. */
  RATE_LIMIT_PER_MINUTE: z.coerce.number().int().min(0).default(600),
  /** Origins that browsers may call from, comma-separated; default: none but the API's own. */
  CORS_ORIGINS: z
    .string()
    .default('')
    .transform((v) =>
      v
        .split(',')
        .map((o) => o.trim())
        .filter(Boolean),
    ),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
})

/** The environment, parsed. */
export type Environment = z.infer<typeof environmentSchema>
