import { pino, type Logger } from 'pino'
import type { Environment } from './settings.js'

/**
 * The log of a process: JSON lines on standard output. Instructions and pictures never go into it, and a request is its
 * method and path: queries may carry tokens and signatures, headers carry keys.
 *
 * @param service - name of the process, such as `api`
 */
export const createLogger = (service: string, level: Environment['LOG_LEVEL']): Logger =>
  pino({
    base: { service },
    level,
    serializers: {
      req: ({ method, url }: { method: string; url: string }) => ({ method, path: url.split('?')[0] }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
    },
  })
