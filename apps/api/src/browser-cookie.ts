import { AtelierError } from '@atelier/contracts'
import type { IncomingHttpHeaders } from 'node:http'

const name = 'atelier_session'

/** The token of the browser session in the cookie. */
export function browserToken({ cookie = '' }: IncomingHttpHeaders): string | undefined {
  return /(?:^|; *)atelier_session=(atb_[0-9a-f]{64})(?:;|$)/.exec(cookie)?.[1]
}

/**
 * `Set-Cookie` that signs a browser in. `Secure` when the page came by TLS, which its own `Origin` says.
 *
 * @param basePath - where a proxy shows the API: the cookie is not sent to what else lives on that host
 */
export function browserCookie(
  headers: IncomingHttpHeaders,
  { token, expiresAt }: { token: string; expiresAt: string },
  basePath = '',
): string {
  const secure = headers.origin?.startsWith('https://') ? '; Secure' : ''
  const expires = new Date(expiresAt).toUTCString()
  return `${name}=${token}; Path=${basePath}/; Expires=${expires}; HttpOnly; SameSite=Strict${secure}`
}

/** `Set-Cookie` that signs a browser out. */
export const noBrowserCookie = (basePath = ''): string =>
  `${name}=; Path=${basePath}/; Max-Age=0; HttpOnly; SameSite=Strict`

/**
 * Refuses a request that a browser sends for another page. `SameSite` alone does not: a page on another port of the same
 * host counts as the same site. A browser says where a request comes from in `Sec-Fetch-Site`, and over plain HTTP, where
 * that is missing, in `Origin`; a request that says neither is refused.
 *
 * @param host - what the browser asked for, as a trusted proxy tells it; default: `Host`
 * @throws AtelierError `forbidden`
 */
export function checkOwnPage(
  { 'sec-fetch-site': site, origin, ...headers }: IncomingHttpHeaders,
  host: string | undefined = headers.host,
): void {
  if (site === 'same-origin') return
  if (
    site === undefined &&
    origin !== undefined &&
    host !== undefined &&
    /^https?:\/\/(.+)$/.exec(origin)?.[1] === host
  )
    return
  throw new AtelierError('forbidden', 'A signed-in browser may ask for this from its own page alone.')
}
