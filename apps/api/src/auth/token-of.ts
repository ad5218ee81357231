import type { FastifyRequest } from 'fastify'

/** The token of `Authorization: Bearer …`. */
export function bearerToken({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
}

/** The password of `Authorization: Basic …`; the user's name does not matter. */
export function basicToken({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  const encoded = /^Basic +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  return encoded && /^[^:]*:(.+)$/s.exec(Buffer.from(encoded, 'base64').toString())?.[1]
}

/** The token of `?token=`, for those who cannot send a header: `EventSource` in browsers. */
export function queryToken({ query }: Pick<FastifyRequest, 'query'>): string | undefined {
  const { token } = query as { token?: unknown }
  return typeof token === 'string' ? token : undefined
}
