import { pino, type DestinationStream, type Logger } from 'pino'
import type { Environment } from './settings.js'
import { trailFields } from './trail.js'

/**
 * Creates the logger of a process: JSON lines on standard output. It never logs instructions or images. Of a request it logs
 * only method, path and the caller's address (see `TRUST_PROXY`), because query strings may contain tokens and signatures, and headers contain keys.
 * Each line has the ids of the {@link Trail} that it is written on.
 *
 * @param service - name of the process, such as `api`
 * @param level - lowest level to log
 * @param destination - default: standard output
 */
export const createLogger = (
  service: string,
  level: Environment['LOG_LEVEL'],
  destination: DestinationStream = pino.destination(1),
): Logger =>
  pino(
    {
      base: { service },
      level,
      mixin: trailFields,
      serializers: {
        req: ({ method, url, ip }: { method: string; url: string; ip?: string }) => ({
          method,
          path: url.split('?')[0],
          address: ip,
        }),
        res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
      },
    },
    destination,
  )
