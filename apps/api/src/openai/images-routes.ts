import type { FastifyInstance } from 'fastify'
import type { ApiContext } from '../api-context.js'
import { editBody, generationBody, variationBody } from './documented-bodies.js'
import { readGeneration, withPictureCall } from './images-call.js'
import type { ImagesDoor } from './images-door.js'
import { imagesAnswerSchema } from './images-wire.js'
import { addRoute, type Reading } from './reading.js'

/** What routes that read pictures need. */
export interface PictureRoutes extends Pick<ApiContext, 'spool' | 'settings'> {
  reading: Reading
  remoteImages: boolean
}

const answers = { tags: ['OpenAI'], response: { 200: imagesAnswerSchema } }

/** `/openai/v1/images`. */
export function addImageRoutes(app: FastifyInstance, door: ImagesDoor, deps: PictureRoutes): void {
  const { reading } = deps
  addRoute(app, {
    method: 'POST',
    url: '/images/generations',
    config: { atOnce: 'sockets', documentedBody: generationBody },
    schema: { ...answers, summary: 'Make pictures', consumes: ['application/json'] } as object,
    handler: async (request, reply) => {
      const call = readGeneration(request.body)
      return door.answer(request, reply, call, await door.claim(request, reply, call))
    },
  })
  const forms = {
    edits: ['Edit pictures', editBody, ['multipart/form-data', 'application/json']],
    variations: ['Make a picture again', variationBody, ['multipart/form-data']],
  } as const
  for (const kind of ['edits', 'variations'] as const) {
    const [summary, documentedBody, consumes] = forms[kind]
    addRoute(app, {
      method: 'POST',
      url: `/images/${kind}`,
      bodyLimit: reading.jsonBytes,
      config: { atOnce: 'sockets', documentedBody },
      schema: { ...answers, summary, consumes } as object,
      onRequest: reading.begin,
      handler: async (request, reply) => {
        const { call, claimed } = await withPictureCall(request, kind, deps, async ({ options, events, ...rest }) => ({
          call: { options, events },
          claimed: await door.claim(request, reply, { options, events, ...rest }),
        }))
        reading.end(request)
        return door.answer(request, reply, call, claimed)
      },
    })
  }
}
