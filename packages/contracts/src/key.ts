import { z } from 'zod'
import { idSchema } from './ids.js'

/** Schema of the scope of a key. */
export const scopeSchema = z.enum(['user', 'admin'])
/** `user`: the sessions, images and generations of the owner. `admin`: also the routes under `/v1/admin` and `/admin`. */
export type Scope = z.infer<typeof scopeSchema>

/** Schema of `POST /v1/admin/keys`. */
export const createKeySchema = z.object({
  name: z.string().trim().min(1).max(100),
  scopes: z.array(scopeSchema).min(1).default(['user']),
  /** An existing owner. Default: a new one. */
  ownerId: idSchema('owner').optional(),
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
  lastUsedAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
})
/** A key without its token. */
export type Key = z.infer<typeof keySchema>
/** Schema of a newly created key. This is the only time the token is shown. */
export const createdKeySchema = keySchema.extend({ token: z.string() })
