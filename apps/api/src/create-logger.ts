import { pino } from 'pino'
import type { FastifyBaseLogger } from 'fastify'
import type { ApiSettings } from '@atelier/config'

/** The API's log. A request is its method and path: queries may carry tokens and signatures, headers carry keys. */
export const createLogger = (level: ApiSettings['logLevel']): FastifyBaseLogger =>
  pino({
    name: 'api',
    level,
    serializers: {
      req: ({ method, url }: { method: string; url: string }) => ({ method, path: url.split('?')[0] }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
    },
  })
