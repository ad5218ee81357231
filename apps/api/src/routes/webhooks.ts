import {
  createdWebhookSchema,
  createWebhookSchema,
  deliverySchema,
  idSchema,
  pageQuerySchema,
  pageSchema,
  rotateWebhookSchema,
  updateWebhookSchema,
  webhookSchema,
  turnWebhookSecretSchema,
  webhooksQuerySchema,
} from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../api-context.js'
import { orNotFound } from '../or-not-found.js'
import { pathSchema } from '../path-schema.js'
import { checkWebhookUrl } from '../webhooks/check-webhook-url.js'

const tags = ['webhooks']
const params = pathSchema('webhook')

/** `/v1/webhooks`. The answer to a creation is not kept for an Idempotency-Key, because secrets are shown once. */
export const webhookRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/webhooks',
      {
        schema: {
          tags,
          summary: 'Have messages about your generations sent to an address; the secret is shown this once',
          body: createWebhookSchema,
          response: { 201: createdWebhookSchema },
        },
      },
      async ({ owner, body }, reply) => {
        checkWebhookUrl(context, body.url)
        return reply
          .code(201)
          .header('Cache-Control', 'no-store')
          .send(await owner.webhooks.create(body))
      },
    )

    app.get(
      '/webhooks',
      {
        schema: {
          tags,
          summary: 'Your webhooks, newest first; with `turn`, the one of a turn',
          querystring: webhooksQuerySchema,
          response: { 200: pageSchema(webhookSchema) },
        },
      },
      async ({ owner, query }) => owner.webhooks.list(query),
    )

    app.get(
      '/webhooks/secret',
      {
        schema: {
          tags,
          summary: 'The secret that signs the messages of webhooks of turns',
          response: { 200: turnWebhookSecretSchema },
        },
      },
      async ({ owner }, reply) => {
        reply.header('Cache-Control', 'no-store')
        return { secret: await owner.webhooks.turnSecret() }
      },
    )

    app.post(
      '/webhooks/secret/rotate',
      {
        schema: {
          tags,
          summary: 'Replace the secret of webhooks of turns, while messages are signed with the old one as well',
          body: rotateWebhookSchema.nullish(),
          response: { 200: turnWebhookSecretSchema },
        },
      },
      async ({ owner, body }, reply) => {
        const { overlapSeconds } = rotateWebhookSchema.parse(body ?? {})
        reply.header('Cache-Control', 'no-store')
        return { secret: await owner.webhooks.rotateTurnSecret(overlapSeconds) }
      },
    )

    app.get(
      '/webhooks/:id',
      { schema: { tags, summary: 'A webhook, without its secret', params, response: { 200: webhookSchema } } },
      async ({ owner, params: { id } }) => orNotFound(await owner.webhooks.get(id)),
    )

    app.patch(
      '/webhooks/:id',
      {
        schema: {
          tags,
          summary: 'Change a webhook',
          params,
          body: updateWebhookSchema,
          response: { 200: webhookSchema },
        },
      },
      async ({ owner, params: { id }, body }) => {
        if (body.url !== undefined) checkWebhookUrl(context, body.url)
        const change = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
        return orNotFound(await owner.webhooks.update(id, change))
      },
    )

    app.delete(
      '/webhooks/:id',
      { schema: { tags, summary: 'Delete a webhook with its messages', params, response: { 204: z.null() } } },
      async ({ owner, params: { id } }, reply) => {
        orNotFound((await owner.webhooks.delete(id)) || null)
        return reply.code(204).send(null)
      },
    )

    app.post(
      '/webhooks/:id/rotate',
      {
        schema: {
          tags,
          summary: 'Give a webhook a new secret, while messages are signed with the old one as well',
          params,
          body: rotateWebhookSchema.nullish(),
          response: { 200: createdWebhookSchema },
        },
      },
      async ({ owner, params: { id }, body }, reply) => {
        const { overlapSeconds } = rotateWebhookSchema.parse(body ?? {})
        reply.header('Cache-Control', 'no-store')
        return orNotFound(await owner.webhooks.rotate(id, overlapSeconds))
      },
    )

    app.get(
      '/webhooks/:id/deliveries',
      {
        schema: {
          tags,
          summary: 'The messages of a webhook and what became of them, newest first',
          params,
          querystring: pageQuerySchema,
          response: { 200: pageSchema(deliverySchema) },
        },
      },
      async ({ owner, params: { id }, query }) => orNotFound(await owner.webhooks.deliveries(id, query)),
    )

    app.post(
      '/webhooks/:id/deliveries/:deliveryId/replay',
      {
        schema: {
          tags,
          summary: 'Send a message again',
          params: params.extend({ deliveryId: idSchema('delivery') }),
          response: { 200: deliverySchema },
        },
      },
      async ({ owner, params: { id, deliveryId } }) => orNotFound(await owner.webhooks.replay(id, deliveryId)),
    )
  }
