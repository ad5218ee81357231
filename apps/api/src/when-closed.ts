import type { FastifyReply } from 'fastify'

/**
 * Calls back once a connection has been answered or has gone. That may have happened already, while a hook waited for the
 * database: nobody tells of it again.
 */
export function whenClosed({ raw }: FastifyReply, act: () => void): void {
  if (raw.destroyed) act()
  else raw.once('close', act)
}
