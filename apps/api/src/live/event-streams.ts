import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Authenticator } from '../authenticator.js'
import { EventStream } from './event-stream.js'

/** Answers a request with a stream. @param watch - begins to tell the stream what happens; returns how to stop that */
export type OpenEventStream = (reply: FastifyReply, watch: (stream: EventStream) => () => void) => FastifyReply

/** The streams of a plugin. Each ends with what it was signed in with, all when the API closes. */
export function eventStreams(app: FastifyInstance, authenticator: Authenticator): OpenEventStream {
  const open = new Set<EventStream>()
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
    for (const stream of open) stream.end()
  })
  return (reply, watch) => {
    const stopWatching = authenticator.watch(reply.request.identity, () => stream.end())
    let stop = (): void => {}
    const stream = new EventStream(reply, () => {
      stopWatching()
      open.delete(stream)
      stop()
    })
    open.add(stream)
    stop = watch(stream)
    // a stream that opens while the API closes is one that the hook above did not see
    if (closing) stream.end()
    if (stream.closed) stop()
    return reply
  }
}
