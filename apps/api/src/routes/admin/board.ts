import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { FastifyAdapter } from '@bull-board/fastify'
import { AtelierError } from '@atelier/contracts'
import type { FastifyPluginAsync } from 'fastify'
import type { ApiContext } from '../../api-context.js'
import { identify, requireScope } from '../../auth.js'
import { checkText } from '../../check-text.js'
import { sendError, toAtelierError } from '../../errors.js'

const path = '/admin/queues'

/**
 * Bull Board at `/admin/queues`, for admin keys and browsers signed in with one. Any other browser asks for name and
 * password by itself: the password is the key.
 */
export const boardRoutes =
  (context: ApiContext): FastifyPluginAsync =>
  async (app) => {
    const board = new FastifyAdapter()
    board.setBasePath((context.settings.basePath ?? '') + path)
    const { addQueue } = createBullBoard({
      queues: [],
      serverAdapter: board,
      options: { uiConfig: { boardTitle: 'Atelier' } },
    })
    context.queue.onBoard((queue) =>
      addQueue(
        new BullMQAdapter(queue as ConstructorParameters<typeof BullMQAdapter>[0], {
          readOnlyMode: !context.settings.boardActions,
        }),
      ),
    )
    app.addHook('onRoute', (route) => {
      route.config = { ...route.config, countsAnonymous: true }
    })
    // the board's page shows errors in a form of its own; what a request did wrong is no fault of the server
    const handleError = (error: unknown) => {
      const { status, message } = toAtelierError(error)
      if (status >= 500) app.log.error({ err: error }, 'a request to the board failed')
      return { status, body: { error: { key: 'ERRORS.INTERNAL_SERVER_ERROR' }, message } }
    }
    board.setErrorHandler(handleError as Parameters<typeof board.setErrorHandler>[0])
    // the board has an error handler of its own, so refusals are sent here
    app.addHook('onRequest', async (request, reply) => {
      try {
        requireScope(await identify(context, request, { basic: true }), 'admin')
        // the queue's backend cannot store a NUL, and the board does not look
        checkText(request.params)
        checkText(request.query)
      } catch (error) {
        if (error instanceof AtelierError && error.code === 'unauthorized')
          reply.header('WWW-Authenticate', 'Basic realm="Atelier: any name, an admin key as password"')
        return sendError(error, request, reply)
      }
      return undefined
    })
    await app.register(board.registerPlugin(), { prefix: path })
  }
