import type { FastifySerializerCompiler } from 'fastify'
import type { z } from 'zod'

/**
 * Answers are what their schema allows and nothing more: a field that the schema does not name does not leave the
 * process.
 */
export const serializeBySchema: FastifySerializerCompiler<z.ZodType> =
  ({ schema }) =>
  (data) =>
    JSON.stringify(schema.parse(data))
