import { openAiOf } from '@atelier/service'
import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../api-context.js'
import { countAtOnce } from '../at-once.js'
import { authGate } from '../auth.js'
import { rateLimit } from '../plugins/rate-limit.js'
import { CallWaiter } from './call-waiter.js'
import { sendDoorError } from './door-error.js'
import { ImagesDoor } from './images-door.js'
import { addImageRoutes } from './images-routes.js'
import { modelAnswerSchema, modelListAnswerSchema } from './images-wire.js'
import { ModelAliases } from './model-aliases.js'
import { addRoute, Reading } from './reading.js'
import { ResponsesDoor } from './responses-door.js'
import { addResponseRoutes } from './responses-routes.js'
import { PictureStore } from './sent-pictures.js'
import { defaultWaiting } from './waiting.js'

const tags = ['OpenAI']
/** Longest JSON body with pictures inside, which is parsed in memory: as long as one upload, shorter than a form. */
const jsonBytes = (uploadBytes: number): number => Math.ceil((uploadBytes * 4) / 3) + 256 * 1024

/** Clients of Azure send the key in a header of its own. */
function takeApiKey({ headers }: Pick<FastifyRequest, 'headers'>): void {
  const key = headers['api-key']
  if (headers.authorization === undefined && typeof key === 'string') headers.authorization = `Bearer ${key}`
}

/**
 * `/openai/v1`: the API of OpenAI for pictures, as far as its clients use it. What comes in is a turn like any other; see
 * docs/clients.md.
 */
export const openAiDoor =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    const settings = { ...openAiOf(), ...defaultWaiting, ...context.settings.openAi }
    const { history, remoteImages } = settings
    const { spool, settings: api, atOnce } = context
    const models = new ModelAliases(context.models, settings.modelAliases)
    const waiter = new CallWaiter(context, settings)
    const maker = { context, models, store: new PictureStore(context, history), history }
    app.setErrorHandler(sendDoorError)
    app.setNotFoundHandler((request, reply) => sendDoorError(app.noRoute(request, reply), request, reply))
    app.addHook('onRequest', (request, _reply, done) => {
      takeApiKey(request)
      done()
    })
    app.addHook('preClose', async () => waiter.close())
    await app.register(authGate(context))
    await app.register(rateLimit(api.limits))
    await app.register(countAtOnce(atOnce))

    const reading = new Reading(context, jsonBytes(api.limits.uploadBytes))
    const pictures = { reading, spool, settings: api, remoteImages }
    addImageRoutes(app, new ImagesDoor(maker, waiter, settings), pictures)
    addResponseRoutes(app, new ResponsesDoor(maker, waiter, settings), pictures)
    addRoute(app, {
      method: 'GET',
      url: '/models',
      schema: { tags, summary: 'The names of models', response: { 200: modelListAnswerSchema } } as object,
      handler: async () => ({ object: 'list', data: models.list() }),
    })
    addRoute(app, {
      method: 'GET',
      url: '/models/:model',
      schema: {
        tags,
        summary: 'A name of a model',
        params: z.object({ model: z.string() }),
        response: { 200: modelAnswerSchema },
      } as object,
      handler: async ({ params }) => {
        const { model } = params as { model: string }
        models.choose(model)
        return { id: model, object: 'model', created: 0, owned_by: 'atelier' }
      },
    })
  }
