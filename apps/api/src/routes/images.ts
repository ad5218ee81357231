import { imageSchema, outpaintRequestSchema, outpaintResponseSchema, type Image } from '@atelier/contracts'
import type { OwnerRepositories } from '@atelier/database'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../api-context.js'
import { deleteOwned } from '../delete-owned.js'
import { sendImage } from '../images/image-objects.js'
import { outpaintImage, outpaintMask } from '../images/outpaint-image.js'
import { receiveImage } from '../images/receive-image.js'
import { orNotFound } from '../or-not-found.js'
import { pathSchema } from '../path-schema.js'
import { imageUploadBody, withPicture } from '../uploads.js'
import { withIdempotency } from '../with-idempotency.js'

const tags = ['images']
const params = pathSchema('image')

/** `/v1/images`. */
export const imageRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    const {
      serializer,
      objects,
      spool,
      settings: { limits },
    } = context
    // a stored answer may be a day old, and so would be its URLs
    const again = async (owner: OwnerRepositories, { id }: Pick<Image, 'id'>) =>
      serializer.image(orNotFound(await owner.images.get(id)))

    app.post(
      '/images',
      {
        config: { documentedBody: imageUploadBody, atOnce: 'decodes' },
        schema: {
          tags,
          summary: 'Upload a picture (PNG, JPEG, WebP) or a mask',
          consumes: ['multipart/form-data'],
          response: { 201: imageSchema },
        },
      },
      async (request, reply) => {
        return withPicture(request, spool, limits.uploadBytes, async ({ path, sha256 }, purpose) =>
          withIdempotency(request, reply, {
            status: 201,
            content: { purpose, sha256 },
            work: async (idempotency) => {
              const kind = purpose === 'mask' ? 'mask' : 'uploaded'
              const file = { path, sha256 }
              return serializer.image(await receiveImage(context, request.owner, file, kind, { idempotency }))
            },
            idOf: ({ id }) => id,
            recover: (id) => again(request.owner, { id }),
            refresh: (image) => again(request.owner, image),
          }),
        )
      },
    )

    app.get(
      '/images/:id',
      {
        schema: { tags, summary: 'A picture, with fresh URLs', params, response: { 200: imageSchema } },
      },
      async ({ owner, params }) => serializer.image(orNotFound(await owner.images.get(params.id))),
    )

    app.delete(
      '/images/:id',
      {
        schema: { tags, summary: 'Delete a picture that no turn uses', params, response: { 204: z.null() } },
      },
      async ({ owner, params }, reply) => {
        await deleteOwned(context, owner.images.delete(params.id))
        return reply.code(204).send(null)
      },
    )

    app.get(
      '/images/:id/content',
      {
        schema: { tags, summary: 'The file of a picture', params, produces: ['image/png', 'image/jpeg', 'image/webp'] },
      },
      async (request, reply) =>
        sendImage(request, reply, objects, orNotFound(await request.owner.images.get(request.params.id))),
    )

    app.post(
      '/images/:id/outpaint',
      {
        config: { atOnce: 'decodes' },
        schema: {
          tags,
          summary: 'Add room around a picture, and make the mask of the new part',
          params,
          body: outpaintRequestSchema,
          response: { 201: outpaintResponseSchema },
        },
      },
      async (request, reply) =>
        withIdempotency(request, reply, {
          status: 201,
          content: request.body,
          work: async (idempotency) => {
            const { owner, params, body } = request
            const { image, mask } = await outpaintImage(context, owner, params.id, body, idempotency)
            return { image: await serializer.image(image), mask: await serializer.image(mask) }
          },
          recover: async (id) => {
            const { owner, params, body } = request
            const image = await again(owner, { id })
            return { image, mask: await serializer.image(await outpaintMask(context, owner, params.id, body)) }
          },
          idOf: ({ image }) => image.id,
          refresh: async ({ image, mask }) => ({
            image: await again(request.owner, image),
            mask: await again(request.owner, mask),
          }),
        }),
    )
  }
