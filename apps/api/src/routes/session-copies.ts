import { forkSessionSchema, sessionSchema } from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ApiContext } from '../api-context.js'
import { exportSession } from '../archive/export-session.js'
import { forkSession } from '../archive/fork-session.js'
import { importSession } from '../archive/import-session.js'
import { pathSchema } from '../path-schema.js'
import { archiveUploadBody, withArchive } from '../uploads.js'
import { whenClosed } from '../when-closed.js'
import { keptSession, withIdempotency } from '../with-idempotency.js'

const tags = ['sessions']
const params = pathSchema('session')

/** Export, import and fork of `/v1/sessions`. */
export const sessionCopyRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/sessions/:id/export',
      {
        config: { atOnce: 'imports' },
        schema: {
          tags,
          summary: 'Export a conversation with its pictures as one archive',
          params,
          produces: ['application/zip'],
        },
      },
      async ({ owner, params }, reply) => {
        const gone = new AbortController()
        whenClosed(reply, () => gone.abort())
        const zip = await exportSession(context, owner, params.id, gone.signal)
        return reply
          .header('Content-Disposition', `attachment; filename="${params.id}.zip"`)
          .type('application/zip')
          .send(zip)
      },
    )

    app.post(
      '/sessions/import',
      {
        config: { documentedBody: archiveUploadBody, atOnce: 'imports' },
        schema: {
          tags,
          summary: 'Import a conversation from an archive',
          consumes: ['multipart/form-data'],
          response: { 201: sessionSchema },
        },
      },
      async (request, reply) =>
        withArchive(request, context.spool, context.settings.limits.archiveBytes, ({ path, sha256 }) =>
          withIdempotency(request, reply, {
            status: 201,
            content: { sha256 },
            work: (use) => importSession(context, request.owner, path, use),
            ...keptSession(request.owner),
          }),
        ),
    )

    app.post(
      '/sessions/:id/fork',
      {
        config: { atOnce: 'imports' },
        schema: {
          tags,
          summary: 'Fork: a new conversation with the path to one turn, or with everything',
          params,
          body: forkSessionSchema,
          response: { 201: sessionSchema },
        },
      },
      async (request, reply) =>
        withIdempotency(request, reply, {
          status: 201,
          content: request.body,
          work: (use) => forkSession(context, request.owner, request.params.id, request.body, use),
          ...keptSession(request.owner),
        }),
    )
  }
