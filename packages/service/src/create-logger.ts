import { pino, type Logger } from 'pino'
import type { Environment } from './settings.js'

/**
 * Creates the logger of a process: JSON lines on standard output. It never logs instructions or images. Of a request it logs
 * only method and path, because query strings may contain tokens and signatures, and headers contain keys.
 *
 * @param service - name of the process, such as `api`
 * @param level - lowest level to log
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
