import type { ServiceSettings } from '@atelier/config'
import { pino, type Logger } from 'pino'

/** The worker's log: JSON lines on standard output. Instructions and pictures never go into it. */
export const createLogger = (level: ServiceSettings['logLevel']): Logger => pino({ level, base: { service: 'worker' } })
