import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { FastifyAdapter } from '@bull-board/fastify'
import { AtelierError } from '@atelier/contracts'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { ApiContext } from '../../api-context.js'
import { authenticate, basicToken, bearerToken, requireScope } from '../../auth.js'
import { sendError, toAtelierError } from '../../errors.js'

const path = '/admin/queues'

/** @throws AtelierError `forbidden` for a change that another site's page asks for */
function checkOwnPage({ method, headers, host }: FastifyRequest): void {
  if (method === 'GET') return
  const site = headers['sec-fetch-site'] ?? 'same-origin'
  if (site === 'same-origin' && (headers.origin === undefined || headers.origin.endsWith(`://${host}`))) return
  throw new AtelierError('forbidden', 'The board takes changes from its own page alone.')
}

/**
 * Bull Board at `/admin/queues`, for admin keys. A browser asks for name and password by itself: the password is the
 * key. A browser also sends that password along when another site's page posts here, so what changes anything must
 * come from the board's own page.
 */
export const boardRoutes =
  ({ database, queue, settings: { basePath = '' } }: ApiContext): FastifyPluginAsync =>
  async (app) => {
    const board = new FastifyAdapter()
    board.setBasePath(basePath + path)
    createBullBoard({
      queues: [new BullMQAdapter(queue.board as ConstructorParameters<typeof BullMQAdapter>[0])],
      serverAdapter: board,
      options: { uiConfig: { boardTitle: 'Atelier' } },
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
        requireScope(await authenticate(database, bearerToken(request) ?? basicToken(request)), 'admin')
        checkOwnPage(request)
      } catch (error) {
        if (error instanceof AtelierError && error.code === 'unauthorized')
          reply.header('WWW-Authenticate', 'Basic realm="Atelier: any name, an admin key as password"')
        return sendError(error, request, reply)
      }
      return undefined
    })
    await app.register(board.registerPlugin(), { prefix: path })
  }
