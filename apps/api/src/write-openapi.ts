import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { processMetrics } from '@atelier/service'
import Fastify from 'fastify'
import { validatorCompiler } from 'fastify-type-provider-zod'
import type { ApiContext } from './api-context.js'
import { addDocumentedRoutes } from './build-api.js'

const help = `Usage: npm run openapi -- FILE

Writes the OpenAPI document of the API to a file, as \`/openapi.json\` answers it. Needs no database and no running server.

  --base-path PATH   the path behind a proxy (BASE_PATH), such as /atelier`

/** Stands for what the routes only use when they are called, and none is called here. */
const unused = (): unknown => new Proxy({}, { get: (_, key) => (key === 'then' ? undefined : unused()) })

/** The document of all routes, of those too that only some deployments have. */
async function openApiDocument(basePath = ''): Promise<object> {
  const limits = { uploadBytes: 0, imagePixels: 0, archiveBytes: 0, requestsPerMinute: 0 }
  const settings = { limits, reuseUploads: true, corsOrigins: [], basePath }
  const names = ['database', 'queue', 'progress', 'objects', 'models', 'logger', 'serializer', 'hub'] as const
  const parts = Object.fromEntries(names.map((name) => [name, unused()]))
  const app = Fastify()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(() => JSON.stringify)
  await addDocumentedRoutes(app, { ...parts, settings, registry: processMetrics() } as unknown as ApiContext)
  await app.ready()
  const document = app.swagger()
  await app.close()
  return document
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { 'base-path': { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  })
  const [file] = positionals
  if (values.help || !file) return console.log(help)
  await writeFile(file, `${JSON.stringify(await openApiDocument(values['base-path']), null, 2)}\n`)
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})
