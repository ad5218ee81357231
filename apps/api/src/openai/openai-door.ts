import { openAiOf } from '@atelier/service'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../api-context.js'
import { countAtOnce } from '../at-once.js'
import { authGate } from '../auth.js'
import { rateLimit } from '../plugins/rate-limit.js'
import { sendDoorError } from './door-error.js'
import { readGeneration, withPictureCall } from './images-call.js'
import { editBody, generationBody, variationBody } from './documented-bodies.js'
import { ImagesDoor } from './images-door.js'
import { imagesAnswerSchema, modelAnswerSchema, modelListAnswerSchema } from './images-wire.js'
import { ModelAliases } from './model-aliases.js'
import { PictureStore } from './sent-pictures.js'
import { defaultWaiting } from './waiting.js'

const tags = ['OpenAI']
/** JSON with pictures inside is parsed in memory, so it may not be as long as a form. */
const jsonBytes = (uploadBytes: number): number => Math.ceil((uploadBytes * 4) / 3) + 256 * 1024

/** Clients of Azure send the key in a header of its own. */
function takeApiKey({ headers }: Pick<FastifyRequest, 'headers'>): void {
  const key = headers['api-key']
  if (headers.authorization === undefined && typeof key === 'string') headers.authorization = `Bearer ${key}`
}

/** Adds a route with and without a slash at its end. */
function addRoute(app: FastifyInstance, route: Parameters<FastifyInstance['route']>[0]): void {
  app.route(route)
  app.route({ ...route, url: `${route.url}/`, schema: { ...route.schema, hide: true } as object })
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
    const door = new ImagesDoor({ context, models, store: new PictureStore(context, history), history }, settings)
    app.setErrorHandler(sendDoorError)
    app.setNotFoundHandler((request, reply) => sendDoorError(app.noRoute(request, reply), request, reply))
    app.addHook('onRequest', (request, _reply, done) => {
      takeApiKey(request)
      done()
    })
    app.addHook('preClose', async () => door.close())
    await app.register(authGate(context))
    await app.register(rateLimit(api.limits))
    await app.register(countAtOnce(atOnce))

    /** Reading and decoding counts among an owner's decodes, from before the body is read; waiting for the model does not. */
    const leaving = new WeakMap<FastifyRequest, () => void>()
    const countDecode = async (request: FastifyRequest, reply: FastifyReply) => {
      const leave = atOnce.enter('decodes', request.identity.ownerId)
      leaving.set(request, leave)
      reply.raw.once('close', leave)
    }
    const pictureCall = async (request: FastifyRequest, reply: FastifyReply, kind: 'edits' | 'variations') => {
      const deps = { spool, settings: api, remoteImages }
      const { call, claimed } = await withPictureCall(request, kind, deps, async ({ options, events, ...call }) => ({
        call: { options, events },
        claimed: await door.claim(request, { options, events, ...call }),
      }))
      // nothing of the pictures is kept while the model works
      request.body = undefined
      leaving.get(request)?.()
      return door.answer(request, reply, call, claimed)
    }
    const pictures = { tags, response: { 200: imagesAnswerSchema } }
    const forms = ['multipart/form-data', 'application/json']

    addRoute(app, {
      method: 'POST',
      url: '/images/generations',
      config: { atOnce: 'sockets', documentedBody: generationBody },
      schema: { ...pictures, summary: 'Make pictures', consumes: ['application/json'] } as object,
      handler: async (request, reply) => {
        const call = readGeneration(request.body)
        return door.answer(request, reply, call, await door.claim(request, call))
      },
    })
    addRoute(app, {
      method: 'POST',
      url: '/images/edits',
      bodyLimit: jsonBytes(api.limits.uploadBytes),
      config: { atOnce: 'sockets', documentedBody: editBody },
      schema: { ...pictures, summary: 'Edit pictures', consumes: forms } as object,
      onRequest: countDecode,
      handler: async (request, reply) => pictureCall(request, reply, 'edits'),
    })
    addRoute(app, {
      method: 'POST',
      url: '/images/variations',
      config: { atOnce: 'sockets', documentedBody: variationBody },
      schema: { ...pictures, summary: 'Make a picture again', consumes: ['multipart/form-data'] } as object,
      onRequest: countDecode,
      handler: async (request, reply) => pictureCall(request, reply, 'variations'),
    })
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
