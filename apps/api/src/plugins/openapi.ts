import { version } from '@atelier/service'
import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import fastifyPlugin from 'fastify-plugin'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import type { ApiContext } from '../api-context.js'
import { completeDocument, type OpenApiDocument } from '../openapi/complete-document.js'
import { schemaNames } from '../openapi/schema-names.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** JSON schema of a body that is not read through a schema (multipart). */
    documentedBody?: object
  }
}

const schemaTransform = createJsonSchemaTransform({ schemaRegistry: schemaNames })
const objectTransform = createJsonSchemaTransformObject({ schemaRegistry: schemaNames })

const transform: typeof schemaTransform = (document) => {
  const { schema, url } = schemaTransform(document)
  const { route } = document as unknown as { route: { config?: { documentedBody?: object } } }
  if (!schema) return { schema, url }
  return {
    url,
    schema: { ...schema, ...(route.config?.documentedBody && { body: route.config.documentedBody }) } as typeof schema,
  }
}

const tags = [
  { name: 'sessions', description: 'Conversations: their turns form a tree.' },
  { name: 'browser sessions', description: 'Signing a browser in by a link or a key, and out.' },
  { name: 'turns', description: 'Requests in a conversation. Each makes or changes pictures.' },
  { name: 'generations', description: 'Runs of the model for a turn.' },
  { name: 'images', description: 'Pictures and masks.' },
  { name: 'models', description: 'What this server can run.' },
  { name: 'OpenAI', description: 'The API of OpenAI for pictures, for clients that speak it. See docs/clients.md.' },
  { name: 'webhooks', description: 'Where messages about generations are sent. See docs/webhooks.md.' },
  { name: 'limits', description: 'What you may have and start at once.' },
  { name: 'admin', description: 'For operators: keys, queue, workers, usage. Needs the scope `admin`.' },
  { name: 'health', description: 'For load balancers and monitoring.' },
]

/** The document at `/openapi.json` and the page at `/docs`, made of the routes' schemas. Register before the routes. */
export const openapi = ({ settings: { basePath = '' } }: Pick<ApiContext, 'settings'>) =>
  fastifyPlugin(async (app) => {
    await app.register(fastifySwagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'Atelier',
          version,
          description:
            'Pictures out of a conversation: each turn creates or edits one, and the model sees the turns before it. Order, defaults and guarantees are in docs/api.md, the error codes in docs/errors.md.',
          contact: { name: 'Whoever runs this server' },
          license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
        },
        servers: [{ url: basePath || '/', description: 'This server' }],
        tags,
        components: {
          securitySchemes: {
            key: { type: 'http', scheme: 'bearer', description: 'A key, `atl_…`' },
            keyInQuery: { type: 'apiKey', in: 'query', name: 'token', description: 'A key, `atl_…`' },
          },
        },
        security: [{ key: [] }],
      },
      transform,
      transformObject: (document) =>
        completeDocument(objectTransform(document) as unknown as OpenApiDocument) as unknown as ReturnType<
          typeof objectTransform
        >,
    })
    await app.register(fastifySwaggerUi, {
      routePrefix: '/docs',
      indexPrefix: basePath,
      uiConfig: { deepLinking: true },
    })
    app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  })
