import {
  createdKeySchema,
  createKeySchema,
  keySchema,
  keysQuerySchema,
  pageSchema,
  rotateKeySchema,
} from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ApiContext } from '../../api-context.js'
import { orNotFound } from '../../or-not-found.js'
import { pathSchema } from '../../path-schema.js'

const tags = ['admin']

/** `/v1/admin/keys`. A new key's answer is not kept for an Idempotency-Key, because tokens are stored nowhere. */
export const adminKeyRoutes =
  ({ authenticator, database: { admin } }: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/keys',
      {
        schema: {
          tags,
          summary: 'Make a key; the token is shown this once',
          body: createKeySchema,
          response: { 201: createdKeySchema },
        },
      },
      async ({ body: { name, scopes, ownerId, expiresAt } }, reply) => {
        const key = await admin.createKey({
          name,
          scopes,
          ...(ownerId && { ownerId }),
          ...(expiresAt && { expiresAt }),
        })
        return reply.code(201).header('Cache-Control', 'no-store').send(key)
      },
    )

    app.post(
      '/keys/:id/rotate',
      {
        schema: {
          tags,
          summary: 'Replace a key: a new token for the same owner, while the old one still holds for a time',
          params: pathSchema('key'),
          body: rotateKeySchema.nullish(),
          response: { 201: createdKeySchema },
        },
      },
      async ({ params, body }, reply) => {
        const { overlapSeconds, expiresAt } = rotateKeySchema.parse(body ?? {})
        const key = orNotFound(await admin.rotateKey(params.id, { overlapSeconds, ...(expiresAt && { expiresAt }) }))
        authenticator.forget(params.id)
        return reply.code(201).header('Cache-Control', 'no-store').send(key)
      },
    )

    app.get(
      '/keys',
      {
        schema: {
          tags,
          summary: 'Keys, newest first',
          querystring: keysQuerySchema,
          response: { 200: pageSchema(keySchema) },
        },
      },
      async ({ query }) => admin.listKeys(query),
    )

    app.delete(
      '/keys/:id',
      {
        schema: { tags, summary: 'Revoke a key', params: pathSchema('key'), response: { 200: keySchema } },
      },
      async ({ params }) => {
        const key = orNotFound(await admin.revokeKey(params.id))
        authenticator.forget(key.id)
        return key
      },
    )
  }
