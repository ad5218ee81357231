import { queueCountsSchema } from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../../api-context.js'
import { cancelQueued } from '../../generations/cancel-queued.js'

const tags = ['admin']

/** `/v1/admin/queue`. */
export const adminQueueRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    const { queue } = context
    const response = { 200: queueCountsSchema }

    app.get('/queue', { schema: { tags, summary: 'Jobs by state', response } }, async () => queue.counts())

    app.post('/queue/pause', { schema: { tags, summary: 'Workers take no new jobs', response } }, async () => {
      await queue.pause()
      return queue.counts()
    })

    app.post('/queue/resume', { schema: { tags, summary: 'Workers take jobs again', response } }, async () => {
      await queue.resume()
      return queue.counts()
    })

    app.post(
      '/queue/drain',
      {
        schema: { tags, summary: 'Cancel everything that waits', response: { 200: z.object({ cancelled: z.int() }) } },
      },
      async () => ({ cancelled: await cancelQueued(context) }),
    )
  }
