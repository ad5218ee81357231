import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import { errorBodySchema } from '@atelier/contracts'
import fastifyPlugin from 'fastify-plugin'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'
import { z } from 'zod'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** JSON schema of a body that is not read through a schema (multipart). */
    documentedBody?: object
  }
}

type Transform = typeof jsonSchemaTransform
const errorSchema: object = z.toJSONSchema(errorBodySchema, { target: 'openapi-3.0' })
const errorAnswer = {
  description: 'An error of the closed table (docs/errors.md)',
  content: { 'application/json': { schema: errorSchema } },
}

const transform: Transform = (document) => {
  const { schema, url } = jsonSchemaTransform(document)
  const { route } = document as unknown as { route: { config?: { documentedBody?: object } } }
  if (!schema) return { schema, url }
  return {
    url,
    schema: { ...schema, ...(route.config?.documentedBody && { body: route.config.documentedBody }) } as typeof schema,
  }
}

/** The document at `/openapi.json` and the page at `/docs`, made of the routes' schemas. Register before the routes. */
export const openapi = fastifyPlugin(async (app) => {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.0.3',
      info: {
        title: 'Atelier',
        version: '0.1.0',
        description: 'Pictures out of a conversation. Every error has a code of a closed table.',
      },
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'A key, `atl_…`' } } },
      security: [{ key: [] }],
    },
    transform,
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject
      for (const path of Object.values(document.openapiObject.paths ?? {})) {
        for (const operation of Object.values(path ?? {})) {
          if (operation && typeof operation === 'object' && 'responses' in operation)
            operation.responses = { ...operation.responses, default: errorAnswer }
        }
      }
      return document.openapiObject
    },
  })
  await app.register(fastifySwaggerUi, { routePrefix: '/docs', uiConfig: { deepLinking: true } })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
})
