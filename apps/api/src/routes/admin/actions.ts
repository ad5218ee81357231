import {
  adminActionSchema,
  adminActionsQuerySchema,
  exportActionsQuerySchema,
  pageSchema,
  type AdminAction,
} from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { Readable } from 'node:stream'
import type { ApiContext } from '../../api-context.js'

const tags = ['admin']

const columns: (keyof AdminAction)[] = [
  'createdAt',
  'id',
  'ownerId',
  'keyId',
  'requestId',
  'address',
  'action',
  'target',
  'status',
  'body',
]

/** A field of CSV by RFC 4180. What a spreadsheet would take for a formula begins with an apostrophe. */
function field(value: unknown): string {
  const text = value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}

const lines = {
  ndjson: (action: AdminAction) => `${JSON.stringify(action)}\n`,
  csv: (action: AdminAction) => `${columns.map((name) => field(action[name])).join(',')}\r\n`,
}

async function* textOf(pages: AsyncGenerator<AdminAction[]>, format: keyof typeof lines): AsyncGenerator<string> {
  if (format === 'csv') yield `${columns.join(',')}\r\n`
  for await (const page of pages) yield page.map(lines[format]).join('')
}

/** `/v1/admin/actions`: what operators have done. */
export const adminActionRoutes =
  ({ database: { admin } }: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/actions',
      {
        schema: {
          tags,
          summary: 'What operators have done, newest first',
          querystring: adminActionsQuerySchema,
          response: { 200: pageSchema(adminActionSchema) },
        },
      },
      async ({ query }) => admin.actions.list(query),
    )

    app.get(
      '/actions/export',
      {
        schema: {
          tags,
          summary: 'What operators have done, oldest first, as one file',
          querystring: exportActionsQuerySchema,
          produces: ['application/x-ndjson', 'text/csv'],
        },
      },
      async ({ query: { format, ...query } }, reply) => {
        const pages = admin.actions.export(query)
        return reply
          .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8')
          .header('Content-Disposition', `attachment; filename="atelier-actions.${format}"`)
          .header('Cache-Control', 'no-store')
          .send(Readable.from(textOf(pages, format)))
      },
    )
  }
