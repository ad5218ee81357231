import { AtelierError, browserSessionSchema, signInSchema } from '@atelier/contracts'
import type { BrowserToken } from '@atelier/database'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../api-context.js'
import { browserCookie, checkOwnPage, noBrowserCookie } from '../browser-cookie.js'
import { orNotFound } from '../or-not-found.js'

const tags = ['browser sessions']

/** `POST /v1/browser-sessions`: the secret of a sign-in link, or a key, becomes the cookie of this browser. */
export const signInRoute =
  ({ authenticator, addressLimits, database: { credentials }, settings }: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    const redeem = async (secret: string, address: string): Promise<BrowserToken | null> => {
      await addressLimits.checkFailures(address, '')
      const session = await credentials.redeemLink(secret)
      if (!session) await addressLimits.countFailure(address)
      return session
    }
    app.post(
      '/v1/browser-sessions',
      {
        schema: {
          tags,
          security: [],
          summary: 'Sign this browser in, by the secret of a link or by a key',
          body: signInSchema,
          response: { 201: browserSessionSchema },
        },
      },
      async ({ body: { secret, key }, headers, ip }, reply) => {
        if (headers['sec-fetch-site'] !== undefined) checkOwnPage(headers)
        const session =
          secret === undefined
            ? await credentials.openBrowserSession((await authenticator.authenticate(key, ip)).keyId)
            : await redeem(secret, ip)
        if (!session) {
          throw new AtelierError('unauthorized', 'This sign-in link was used before, or it has expired.')
        }
        const { ownerId, keyId, scopes, expiresAt } = await authenticator.authenticate(session.token, ip)
        const of = orNotFound(await credentials.describeKey(keyId))
        return reply
          .code(201)
          .header('Set-Cookie', browserCookie(headers, session, settings.basePath))
          .header('Cache-Control', 'no-store')
          .send({ ownerId, key: of, scopes, expiresAt: expiresAt ?? session.expiresAt })
      },
    )
  }

/** `/v1/browser-sessions/current`. */
export const browserSessionRoutes =
  ({ authenticator, database: { credentials }, settings }: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/browser-sessions/current',
      { schema: { tags, summary: 'Who is signed in', response: { 200: browserSessionSchema } } },
      async ({ identity: { ownerId, scopes, expiresAt, credentialId, keyId } }, reply) => {
        if (credentialId === keyId || expiresAt === null)
          throw new AtelierError('not_found', 'This request came with a key, not with the cookie of a browser session.')
        reply.header('Cache-Control', 'no-store')
        return { ownerId, key: orNotFound(await credentials.describeKey(keyId)), scopes, expiresAt }
      },
    )

    app.delete(
      '/browser-sessions/current',
      { schema: { tags, summary: 'Sign this browser out', response: { 204: z.null() } } },
      async ({ identity }, reply) => {
        await credentials.closeBrowserSession(identity.credentialId)
        authenticator.forget(identity.credentialId)
        return reply.code(204).header('Set-Cookie', noBrowserCookie(settings.basePath)).send(null)
      },
    )
  }
