import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import fastifyPlugin from 'fastify-plugin'
import type { ApiContext } from '../api-context.js'

const besideThisPackage = fileURLToPath(new URL('../../../../web/dist/', import.meta.url))
const note = 'This is the API of Atelier. The page has not been built here (npm run build). Documentation: /docs\n'

const baseTag = /<base href="\/" ?\/?>/

/**
 * The built web page at `/`, at the conversations it shows below `/c/` and at `/admin`, or a line of text when it has not been
 * built. For browsers it is at all addresses that nothing else is at, too, to say so. The page is built once for all base
 * paths: its addresses are relative, and `<base href>` says to what.
 */
export const page = ({ settings: { pageDirectory = besideThisPackage, basePath = '' } }: ApiContext) =>
  fastifyPlugin(async (app) => {
    const schema = { hide: true }
    if (!existsSync(`${pageDirectory}/index.html`)) {
      app.get('/', { schema }, async (_request, reply) => reply.type('text/plain; charset=utf-8').send(note))
      return
    }
    await app.register(fastifyStatic, {
      root: pageDirectory,
      wildcard: false,
      index: false,
      globIgnore: ['index.html', '**/*.gz'],
      preCompressed: true,
      cacheControl: false,
      setHeaders: (reply, path) => {
        // built files under assets/ carry a hash of their contents in the name
        reply.header('Cache-Control', path.includes('assets') ? 'public, max-age=31536000, immutable' : 'no-cache')
      },
    })
    const built = readFileSync(`${pageDirectory}/index.html`, 'utf8')
    if (!baseTag.test(built))
      throw new Error(`${pageDirectory}/index.html has no <base href="/">: build the page again.`)
    const html = built.replace(baseTag, `<base href="${basePath}/">`)
    app.pageHtml = html
    for (const url of ['/', '/index.html', '/admin', '/c/*'])
      app.get(url, { schema }, async (_request, reply) =>
        reply.header('Cache-Control', 'no-cache').type('text/html; charset=utf-8').send(html),
      )
  })
