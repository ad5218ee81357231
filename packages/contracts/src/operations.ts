import { z } from 'zod'
import { idSchema } from './ids.js'
import { pageQuerySchema } from './page.js'

/**
 * Schema of `GET /health/ready`. The status is 200 if the database responds, otherwise 503: without queue or object store
 * (`degraded`) the API still serves most requests and loses nothing. `worker: "none"` is not a failure.
 */
export const readySchema = z.object({
  status: z.enum(['ok', 'degraded', 'unavailable']),
  database: z.enum(['ok', 'down']),
  queue: z.enum(['ok', 'down']),
  objects: z.enum(['ok', 'down']),
  /** `ok` if a worker has reported within the last 30 s. */
  worker: z.enum(['ok', 'none']),
})
/** Readiness of the service and of what it depends on. */
export type Ready = z.infer<typeof readySchema>

/** Schema of the scope of a key. */
export const scopeSchema = z.enum(['user', 'admin'])
/** `user`: the sessions, images and generations of the owner. `admin`: also the routes under `/v1/admin` and `/admin`. */
export type Scope = z.infer<typeof scopeSchema>

/** Schema of `POST /v1/admin/keys`. */
export const createKeySchema = z.strictObject({
  name: z.string().trim().min(1).max(100),
  /** Repeated ones count once. */
  scopes: z.array(scopeSchema).min(1).max(10).default(['user']),
  /** An existing owner. Default: a new one. */
  ownerId: idSchema('owner').optional(),
  /** When the key ends, in the future. Default: never. */
  expiresAt: z.iso.datetime().optional(),
})
/** Schema of `POST /v1/admin/keys/:id/rotate`. */
export const rotateKeySchema = z.object({
  /** How long the old key still holds, in seconds: 0 to 30 days, default one hour. */
  overlapSeconds: z
    .int()
    .min(0)
    .max(30 * 24 * 3600)
    .default(3600),
  /** When the new key ends. Default: after the lifetime that the old one was given, if it was given one. */
  expiresAt: z.iso.datetime().optional(),
})
/** Schema of `PATCH /v1/admin/keys/:id`. */
export const updateKeySchema = z.strictObject({
  /** When the key ends, in the future; null: never. */
  expiresAt: z.iso.datetime().nullable(),
})
/** Schema of a key as lists show it, without its token. */
export const keySchema = z.object({
  id: idSchema('key'),
  ownerId: idSchema('owner'),
  name: z.string(),
  scopes: z.array(scopeSchema),
  /** The first characters of the token, to tell keys apart. */
  hint: z.string(),
  createdAt: z.iso.datetime(),
  /** Accurate to a minute. */
  lastUsedAt: z.iso.datetime().nullable(),
  /** Null: it holds until it is revoked. */
  expiresAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
})
/** A key without its token. */
export type Key = z.infer<typeof keySchema>
/** Schema of a newly created key. This is the only time the token is shown. */
export const createdKeySchema = keySchema.extend({ token: z.string() })

/**
 * Schema of `POST /v1/browser-sessions`: `secret` of a sign-in link, or `key`, a key. The answer sets the cookie.
 */
export const signInSchema = z
  .object({ secret: z.string().min(1).max(200).optional(), key: z.string().min(1).max(200).optional() })
  .refine(({ secret, key }) => (secret === undefined) !== (key === undefined), 'needs either `secret` or `key`')
/** Body of `POST /v1/browser-sessions`: one of the two. */
export type SignIn = z.infer<typeof signInSchema>
/** Schema of a browser that is signed in. */
export const browserSessionSchema = z.object({
  ownerId: idSchema('owner'),
  /** The key that it was signed in with. */
  key: keySchema.pick({ id: true, name: true, hint: true }),
  scopes: z.array(scopeSchema),
  expiresAt: z.iso.datetime(),
})
/** A browser that is signed in. */
export type BrowserSession = z.infer<typeof browserSessionSchema>

/** Schema of `GET /v1/admin/queue`. */
export const queueCountsSchema = z.object({
  backend: z.enum(['postgres', 'redis']),
  paused: z.boolean(),
  waiting: z.int(),
  active: z.int(),
  delayed: z.int(),
  failed: z.int(),
  completed: z.int(),
})
/** Number of jobs in each state. */
export type QueueCounts = z.infer<typeof queueCountsSchema>

/** Schema of the body of `POST /v1/admin/objects/sweep`. Objects younger than `olderThanSeconds` are left alone. */
export const objectSweepRequestSchema = z.strictObject({
  dryRun: z.boolean().default(true),
  olderThanSeconds: z.int().min(0).default(3600),
})
/** Schema of the response: how many objects exist, and which of them no database row refers to. */
export const objectSweepSchema = z.object({
  objects: z.int(),
  orphans: z.int(),
  /** Total size of the orphans. */
  bytes: z.int(),
  /** Keys of the first 100 orphans. */
  keys: z.array(z.string()),
  deleted: z.int(),
})
/** The result of a sweep of the object store. */
export type ObjectSweep = z.infer<typeof objectSweepSchema>

/** Schema of the body of `POST /v1/admin/objects/clean`: how many images to look at, those with ids above `after`. */
export const objectCleanRequestSchema = z.strictObject({
  after: idSchema('image').optional(),
  limit: z.int().min(1).max(1000).default(100),
})
/** Schema of the response: how many images were looked at, had metadata and lost it, and could not be read. */
export const objectCleanSchema = z.object({
  checked: z.int(),
  cleaned: z.int(),
  failed: z.int(),
  /** What to send as `after` next; null when all images have been looked at. */
  after: idSchema('image').nullable(),
})
/** The result of cleaning stored images. */
export type ObjectClean = z.infer<typeof objectCleanSchema>

/** Schema of an entry of `GET /v1/admin/actions`. */
export const adminActionSchema = z.object({
  id: idSchema('action'),
  createdAt: z.iso.datetime(),
  ownerId: idSchema('owner'),
  keyId: idSchema('key'),
  requestId: z.string(),
  /** Where it was asked for. */
  address: z.string(),
  /** Method and route, such as `POST /v1/admin/queue/pause`. */
  action: z.string(),
  /** The id in the route's address, null where it has none. */
  target: z.string().nullable(),
  /** The body with its defaults, null for none. */
  body: z.unknown(),
  /** Of the answer; null when the process ended before there was one. */
  status: z.int().nullable(),
})
/** Something that an operator has done. */
export type AdminAction = z.infer<typeof adminActionSchema>

/** Filters of the log of actions: all that is said must hold. */
const actionsFilterShape = {
  /** Only actions on what has this id. */
  target: z
    .string()
    .regex(/^[a-z]{3}_[0-9a-z]{16}$/, 'must be an id')
    .optional(),
  /** Only those with this key. */
  key: idSchema('key').optional(),
  /** Only those with a key of this owner. */
  owner: idSchema('owner').optional(),
  /** Only this method and route, such as `POST /v1/admin/queue/pause`. */
  action: z.string().min(1).max(200).optional(),
}
/** Schema of the query of `GET /v1/admin/actions`. */
export const adminActionsQuerySchema = pageQuerySchema.extend(actionsFilterShape)
/** Query of the log of actions. */
export type AdminActionsQuery = z.infer<typeof adminActionsQuerySchema>
/** Schema of the query of `GET /v1/admin/actions/export`. */
export const exportActionsQuerySchema = z.strictObject({
  /** `ndjson`: a JSON object a line. `csv`: RFC 4180, with a line of names. */
  format: z.enum(['ndjson', 'csv']).default('ndjson'),
  /** From this time, and before that one. Default: all. */
  from: z.iso.datetime().optional(),
  to: z.iso.datetime().optional(),
  ...actionsFilterShape,
})
/** Which actions are exported, and how. */
export type ExportActionsQuery = z.infer<typeof exportActionsQuerySchema>

/** Schema of the query of `GET /v1/admin/keys`. */
export const keysQuerySchema = pageQuerySchema.extend({ owner: idSchema('owner').optional() })
/** Query of the list of keys. */
export type KeysQuery = z.infer<typeof keysQuerySchema>

/** Schema of the query of `GET /v1/admin/names`. */
export const namesQuerySchema = z.strictObject({
  /** Ids of owners and keys, 1 to 100, with commas between them. */
  ids: z
    .string()
    .regex(/^(own|key)_[0-9a-z]{16}(,(own|key)_[0-9a-z]{16}){0,99}$/, 'must be 1 to 100 ids of owners or keys')
    .transform((text) => text.split(',')),
})
/** Schema of `GET /v1/admin/names`: those that exist, in any order. */
export const namesSchema = z.object({
  data: z.array(z.object({ id: z.union([idSchema('owner'), idSchema('key')]), name: z.string() })),
})
/** Names of owners and keys. */
export type Names = z.infer<typeof namesSchema>

/** Schema of the query of `GET /v1/admin/stats`: how far back to look. */
export const statsQuerySchema = z.strictObject({ window: z.enum(['hour', 'day', 'week']).default('hour') })
const quantilesSchema = z.object({ p50: z.number(), p95: z.number() })
/** Schema of `GET /v1/admin/stats`. */
export const statsSchema = z.object({
  window: statsQuerySchema.shape.window.unwrap(),
  /** Length of a point, in seconds. */
  seconds: z.int(),
  /** Oldest first; one for each length of time, also where nothing has ended. */
  points: z.array(
    z.object({
      at: z.iso.datetime(),
      succeeded: z.int(),
      failed: z.int(),
      cancelled: z.int(),
      /** Seconds from queued to started, null when none was started. */
      wait: quantilesSchema.nullable(),
      /** Seconds that those took that succeeded, null when none did. */
      run: quantilesSchema.nullable(),
    }),
  ),
})
/** How many generations have ended, and how long they waited and ran, over time. */
export type Stats = z.infer<typeof statsSchema>
