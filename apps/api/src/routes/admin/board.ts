import { createBullBoard } from '@bull-board/api'
import type { IServerAdapter } from '@bull-board/api/typings/app'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { FastifyAdapter } from '@bull-board/fastify'
import { AtelierError } from '@atelier/contracts'
import type { FastifyPluginAsync } from 'fastify'
import type { ApiContext } from '../../api-context.js'
import { authenticate, requireScope } from '../../auth/authenticate.js'
import { basicToken, bearerToken } from '../../auth/token-of.js'

const path = '/admin/queues'

/**
 * Bull Board at `/admin/queues`, for admin keys. A browser asks for name and password by itself: the password is the key.
 * A browser also sends that password along when another site's page posts here, so what changes anything must come from
 * the board's own page.
 */
export const boardRoutes = ({ database, queue }: ApiContext): FastifyPluginAsync => async (app) => {
  const board = new FastifyAdapter()
  board.setBasePath(path)
  createBullBoard({
    queues: [new BullMQAdapter(queue.board as ConstructorParameters<typeof BullMQAdapter>[0])],
    // the adapter brings a copy of the interface's types from another patch version
    serverAdapter: board as unknown as IServerAdapter,
    options: { uiConfig: { boardTitle: 'Atelier' } },
  })
  app.addHook('onRequest', async (request, reply) => {
    try {
      requireScope(await authenticate(database, bearerToken(request) ?? basicToken(request)), 'admin')
    } catch (error) {
      if (error instanceof AtelierError && error.code === 'unauthorized') reply.header('WWW-Authenticate', 'Basic realm="Atelier: any name, an admin key as password"')
      throw error
    }
    const { 'sec-fetch-site': site = 'same-origin', origin = `http://${request.headers.host}` } = request.headers
    const foreign = site !== 'same-origin' || new URL(origin).host !== request.headers.host
    if (request.method !== 'GET' && foreign) throw new AtelierError('forbidden', 'The board can be used from its own page alone.')
  })
  await app.register(board.registerPlugin(), { prefix: path })
}
