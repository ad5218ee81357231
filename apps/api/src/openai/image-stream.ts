import type { FastifyReply } from 'fastify'
import { takeOver } from '../take-over.js'
import { toDoorError } from './door-error.js'

const heartbeatMs = 15_000

/**
 * An answer as a stream of events in the form of OpenAI. It ends with the last picture or with an event `error`: clients
 * take one that just ends for a success. A reader that stands still is cut off by `connectionBounds`.
 */
export class ImageStream<E extends { type: string }> {
  private readonly heartbeat: NodeJS.Timeout
  private readonly out: FastifyReply['raw']

  /** Takes the answer over from Fastify and sends its head. */
  constructor(reply: FastifyReply) {
    this.out = takeOver(reply)
    this.out.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-cache',
      'X-Accel-Buffering': 'no',
    })
    this.out.flushHeaders()
    this.out.on('error', () => this.out.destroy())
    this.heartbeat = setInterval(() => this.write(': still here\n\n'), heartbeatMs)
    this.heartbeat.unref()
    this.out.once('close', () => clearInterval(this.heartbeat))
  }

  event(event: E): void {
    this.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  }

  /** The last event of a stream on which something went wrong. @param more - fields beside `error` */
  error(error: unknown, more: object = {}): void {
    this.write(`event: error\ndata: ${JSON.stringify({ ...more, ...toDoorError(error).answer })}\n\n`)
  }

  end(): void {
    this.out.end()
  }

  private write(text: string): void {
    if (!this.out.writableEnded && !this.out.destroyed) this.out.write(text)
  }
}
