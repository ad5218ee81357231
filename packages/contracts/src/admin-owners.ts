import { z } from 'zod'
import { textSchema } from './characters.js'
import { flagSchema } from './admin-queue.js'
import { idSchema } from './ids.js'
import { limitUseSchema, ownerLimitNames, storedLimitNames, type OwnerLimitName } from './owner-limits.js'
import { pageQuerySchema } from './page.js'
import { sessionSchema } from './session.js'

const byName = <N extends string, T extends z.ZodType>(names: readonly N[], schema: T) =>
  Object.fromEntries(names.map((name) => [name, schema])) as Record<N, T>

/** Schema of how much is stored, by kind of image. */
export const storedKindSchema = z.object({
  kind: z.enum(['uploaded', 'generated', 'mask']),
  images: z.int(),
  /** Without thumbnails. */
  bytes: z.int(),
})
/** Schema of an owner in `GET /v1/admin/owners`. */
export const ownerSchema = z.object({
  id: idSchema('owner'),
  name: z.string(),
  createdAt: z.iso.datetime(),
  /** Keys that hold. */
  keys: z.int(),
  sessions: z.int(),
  heldSessions: z.int(),
  waiting: z.int(),
  running: z.int(),
  /** Ended generations that still exist. */
  succeeded: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  storage: z.array(storedKindSchema),
  /** Names of the limits that were set for this owner. */
  ownLimits: z.array(z.enum(storedLimitNames)),
})
/** An owner as operators see it. */
export type Owner = z.infer<typeof ownerSchema>

/** Schema of the query of `GET /v1/admin/owners`. */
export const ownersQuerySchema = pageQuerySchema.extend({
  /** Only owners with this in the name, in capital or small letters, or with an id that begins so. */
  search: textSchema(100, z.string().trim().min(1)).optional(),
})
/** Query of the list of owners. */
export type OwnersQuery = z.infer<typeof ownersQuerySchema>

/** Schema of a limit of an owner. */
export const ownerLimitSchema = limitUseSchema.extend({
  /** By the settings of the server. */
  default: z.int(),
  /** Set for this owner; null: the default holds. */
  own: z.int().nullable(),
})
/** Schema of `GET /v1/admin/owners/:id`. */
export const ownerDetailSchema = ownerSchema.extend({
  limits: z.object(byName<OwnerLimitName, typeof ownerLimitSchema>(ownerLimitNames, ownerLimitSchema)),
})
/** An owner with its limits. */
export type OwnerDetail = z.infer<typeof ownerDetailSchema>

/** Schema of the body of `PATCH /v1/admin/owners/:id/limits`: the limits to set, or null to go back to the default. */
export const updateLimitsSchema = z.strictObject(
  byName(storedLimitNames, z.int().min(0).max(Number.MAX_SAFE_INTEGER).nullable().optional()),
)
/** Body of `PATCH /v1/admin/owners/:id/limits`. */
export type UpdateLimits = z.infer<typeof updateLimitsSchema>

/** Schema of a session as operators see it. */
export const adminSessionSchema = sessionSchema.extend({
  ownerId: idSchema('owner'),
  /** Since when it is on hold; null: it is not. */
  heldAt: z.iso.datetime().nullable(),
  /** Why; null: it is not on hold, or nobody said. */
  holdReason: z.string().nullable(),
})
/** A session as operators see it. */
export type AdminSession = z.infer<typeof adminSessionSchema>
/** Schema of the query of `GET /v1/admin/sessions`. */
export const adminSessionsQuerySchema = pageQuerySchema.extend({
  owner: idSchema('owner').optional(),
  held: flagSchema.optional(),
})
/** Query of the list of sessions of all owners. */
export type AdminSessionsQuery = z.infer<typeof adminSessionsQuerySchema>
/** Schema of the body of `POST /v1/admin/sessions/:id/hold`. */
export const holdSessionSchema = z.strictObject({ reason: textSchema(500, z.string().trim().min(1)).optional() })

/** Schema of `GET /v1/admin/storage`. */
export const storageSchema = z.object({
  kinds: z.array(storedKindSchema),
  retention: z.object({
    /** The setting `HOUSEKEEPING`. */
    mode: z.enum(['off', 'report', 'delete']),
    /** The setting `RETENTION_DAYS`; 0: sessions are kept for good. */
    retentionDays: z.int(),
    /** When a round was last begun, by whichever process; null: never. */
    lastRunAt: z.iso.datetime().nullable(),
  }),
})
/** How much is stored, and how long. */
export type Storage = z.infer<typeof storageSchema>
