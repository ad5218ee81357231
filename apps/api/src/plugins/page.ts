import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import fastifyPlugin from 'fastify-plugin'
import type { ApiContext } from '../api-context.js'

const besideThisPackage = fileURLToPath(new URL('../../../../web/dist/', import.meta.url))
const note = 'This is the API of Atelier. The page has not been built here (npm run build). Documentation: /docs\n'

const baseTag = /<base href="\/" ?\/?>/

/** The pages, and the addresses that each draws itself. Bull Board below `/admin/queues` comes before the last. */
const pages = {
  'index.html': ['/', '/index.html', '/c/*'],
  'admin.html': ['/admin', '/admin.html', '/admin/*'],
}

/**
 * The built web pages: the chat at `/` and at the conversations it shows below `/c/`, the dashboard at and below `/admin`; or a
 * line of text when they have not been built. For browsers the chat is at all addresses that nothing else is at, too, to say
 * so. They are built once for all base paths: their addresses are relative, and `<base href>` says to what.
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
      globIgnore: [...Object.keys(pages), '**/*.gz'],
      preCompressed: true,
      cacheControl: false,
      setHeaders: (reply, path) => {
        // built files under assets/ carry a hash of their contents in the name
        reply.header('Cache-Control', path.includes('assets') ? 'public, max-age=31536000, immutable' : 'no-cache')
      },
    })
    for (const [name, addresses] of Object.entries(pages)) {
      if (!existsSync(`${pageDirectory}/${name}`)) continue
      const built = readFileSync(`${pageDirectory}/${name}`, 'utf8')
      if (!baseTag.test(built))
        throw new Error(`${pageDirectory}/${name} has no <base href="/">: build the page again.`)
      const html = built.replace(baseTag, `<base href="${basePath}/">`)
      app.pageHtml ??= html
      for (const url of addresses)
        app.get(url, { schema }, async (_request, reply) =>
          reply.header('Cache-Control', 'no-cache').type('text/html; charset=utf-8').send(html),
        )
    }
  })
