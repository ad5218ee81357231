import {
  adminActionSchema,
  createdKeySchema,
  browserSessionSchema,
  createKeySchema,
  rotateKeySchema,
  signInSchema,
  keySchema,
  objectCleanRequestSchema,
  objectCleanSchema,
  objectSweepRequestSchema,
  objectSweepSchema,
  readySchema,
  statsSchema,
} from '@atelier/contracts'
import { note, type NotedSchema } from './schema-note.js'

const createdAt = '2026-01-15T09:30:00.000Z'
const key = {
  id: 'key_3e7r1u5cg9ya2k6p',
  ownerId: 'own_6m1x8d3qk9rw4e7s',
  name: 'My script',
  scopes: ['user'],
  hint: 'atl_9f3k',
  createdAt,
  lastUsedAt: null,
  expiresAt: null,
  revokedAt: null,
}

/** Names and notes of the schemas for operators. */
export const operatorSchemas: readonly NotedSchema[] = [
  note(readySchema, 'Ready', 'Whether the service and what it depends on respond.', {
    fields: {
      status:
        '`unavailable`, with 503: the database does not respond; `degraded`: the queue or the object store does not.',
      database: 'Whether Postgres responds.',
      queue: 'Whether the queue responds.',
      objects: 'Whether the object store responds.',
      worker: '`ok` if a worker has reported within the last 30 s; `none` is not a failure.',
    },
    examples: [{ status: 'ok', database: 'ok', queue: 'ok', objects: 'ok', worker: 'ok' }],
  }),
  note(keySchema, 'Key', 'A key, without its token.', {
    fields: {
      hint: 'The first characters of the token, to tell keys apart.',
      lastUsedAt: 'When it was last used, in UTC; null: never.',
      expiresAt: 'When it ends, in UTC; null: it holds until it is revoked.',
      revokedAt: 'When it was revoked, in UTC; null: it holds.',
    },
    examples: [key],
  }),
  note(adminActionSchema, 'Action', 'Something that an operator has done.', {
    fields: {
      ownerId: 'Whose key it was.',
      keyId: 'The key that was used.',
      requestId: 'As in `X-Request-Id` and in the logs.',
      address: 'Where it was asked for; behind a proxy see `TRUST_PROXY`.',
      body: 'The body of the request, with its defaults; null for none.',
      action: 'Method and route.',
      target: "The id in the route's address, null where it has none.",
      status: 'Of the answer; null when the process ended before there was one.',
    },
  }),
  note(statsSchema, 'Stats', 'What has ended over time, for charts.', {
    fields: {
      window: 'How far back it goes.',
      seconds: 'Length of a point, in seconds.',
      points: 'Oldest first, one for each length of time.',
    },
  }),
  note(signInSchema, 'SignIn', 'What signs a browser in: one of the two.', {
    fields: { secret: 'The part of a sign-in link after `#sign-in=`.', key: 'A key, `atl_…`.' },
  }),
  note(browserSessionSchema, 'BrowserSession', 'A browser that is signed in.', {
    fields: {
      ownerId: 'Whom it belongs to.',
      key: 'The key that it was signed in with.',
      hint: 'The first characters of the key, to tell keys apart.',
      scopes: 'What it may do.',
      expiresAt: 'When it ends, in UTC.',
    },
  }),
  note(rotateKeySchema, 'RotateKey', 'How a key is replaced.', {
    fields: {
      overlapSeconds: 'How long the old key still holds.',
      expiresAt: 'When the new key ends, in UTC; default: after the lifetime of the old one, if it had one.',
    },
  }),
  note(createKeySchema, 'CreateKey', 'A new key.', {
    fields: { ownerId: 'An existing owner. Default: a new one.', expiresAt: 'When the key ends. Default: never.' },
    examples: [{ name: 'My script', scopes: ['user'] }],
  }),
  note(createdKeySchema, 'CreatedKey', 'A new key with its token.', {
    fields: {
      hint: 'The first characters of the token, to tell keys apart.',
      lastUsedAt: 'When it was last used, in UTC; null: never.',
      expiresAt: 'When it ends, in UTC; null: it holds until it is revoked.',
      revokedAt: 'When it was revoked, in UTC; null: it holds.',
    },
  }),
  note(objectCleanRequestSchema, 'CleanObjects', 'Which images to clean.', {
    fields: {
      after: 'Only images with ids above this one: `after` of the last answer.',
      limit: 'How many images to look at.',
    },
    examples: [{ limit: 100 }],
  }),
  note(objectCleanSchema, 'ObjectClean', 'What was cleaned.', {
    fields: {
      checked: 'Images that were looked at.',
      cleaned: 'How many had metadata and lost it.',
      failed: 'How many could not be read; they stay as they are.',
      after: 'What to send as `after` next; null: all have been looked at.',
    },
  }),
  note(objectSweepRequestSchema, 'SweepObjects', 'What to sweep.', {
    fields: {
      dryRun: 'Only count, delete nothing.',
      olderThanSeconds: 'Leave younger files alone: their row may be about to be written.',
    },
    examples: [{ dryRun: true }],
  }),
  note(objectSweepSchema, 'ObjectSweep', 'What a sweep found.', {
    fields: {
      objects: 'Files in the store.',
      orphans: 'Files that no row refers to.',
      bytes: 'Their size.',
      keys: 'Keys of the first 100.',
      deleted: 'How many were deleted.',
    },
  }),
]
