import { z } from 'zod'

/** What an owner's use is limited in; `GET /v1/limits` has a line for each. */
export const ownerLimitNames = [
  /** Generations that wait for a worker. */
  'waiting',
  /** Generations that run at once; others of the owner wait meanwhile. */
  'running',
  'sessions',
  /** In one session; `used` is that of the largest session. */
  'turnsPerSession',
  /** Uploaded, generated and masks, and those that waiting and running generations will make. */
  'images',
  /** Bytes of all images, without thumbnails. */
  'bytes',
  /** Keys that are neither revoked nor expired. */
  'keys',
  /** Open sockets and event streams, and calls of the OpenAI door and of agents, in one API process. */
  'sockets',
  /** Sessions that are joined on those sockets, in one API process. */
  'joinedSessions',
  /** Imports, exports and forks at once, in one API process. */
  'imports',
  /** Uploads, outpaints and other calls with pictures that are being read and decoded at once, in one API process. */
  'decodes',
] as const
/** See {@link ownerLimitNames}. */
export type OwnerLimitName = (typeof ownerLimitNames)[number]
/** The most of each that one owner can have. */
export type OwnerLimits = Readonly<Record<OwnerLimitName, number>>

/** Limits that the database enforces. They may be set for one owner; the others protect each API process. */
export const storedLimitNames = [
  'waiting',
  'running',
  'sessions',
  'turnsPerSession',
  'images',
  'bytes',
  'keys',
] as const
/** See {@link storedLimitNames}. */
export type StoredLimitName = (typeof storedLimitNames)[number]
/** Limits of one owner that differ from the settings. */
export type OwnLimits = Partial<Record<StoredLimitName, number>>

/** Schema of a limit and how much of it is used. */
export const limitUseSchema = z.object({ limit: z.int(), used: z.int() })
/** Schema of `GET /v1/limits`. */
export const limitsSchema = z.object(
  Object.fromEntries(ownerLimitNames.map((name) => [name, limitUseSchema])) as Record<
    OwnerLimitName,
    typeof limitUseSchema
  >,
)
/** What an owner may have and has, by name. */
export type Limits = z.infer<typeof limitsSchema>
