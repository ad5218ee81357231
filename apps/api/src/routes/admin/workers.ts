import { workerSchema } from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../../api-context.js'
import { lostSeconds } from '../../operators/health-monitor.js'
import { orNotFound } from '../../or-not-found.js'
import { pathSchema } from '../../path-schema.js'

const tags = ['admin']
const params = pathSchema('worker')
const response = { 200: workerSchema }

/** `/v1/admin/workers`. */
export const adminWorkerRoutes =
  ({ database: { admin } }: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/workers',
      {
        schema: {
          tags,
          summary: 'Workers that reported within ten minutes; one that has been silent for 30 seconds is lost',
          response: { 200: z.object({ data: z.array(workerSchema) }) },
        },
      },
      async () => ({ data: await admin.workers(lostSeconds) }),
    )

    const wishes = [
      ['drain', 'A worker ends its generation and takes no others', { drain: true }],
      ['undrain', 'A worker takes generations again', { drain: false }],
      ['restart', "A worker restarts its model's process", 'restart'],
    ] as const
    for (const [name, summary, wish] of wishes)
      app.post(`/workers/:id/${name}`, { schema: { tags, summary, params, response } }, async ({ params: { id } }) =>
        orNotFound(await admin.wish(id, wish)),
      )
  }
