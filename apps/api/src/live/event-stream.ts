import type { LiveEvent, ProgressEvent } from '@atelier/contracts'
import { progressEventName } from '@atelier/contracts'
import type { FastifyReply } from 'fastify'
import { takeOver } from '../take-over.js'
import type { Watcher } from './session-channel.js'

const heartbeatMs = 15_000
/** A reader this many bytes behind is disconnected; it reconnects with the id of its last event. */
const mostBehind = 4 * 1024 * 1024

/**
 * An answer as a stream of server-sent events. Events of the log carry their `seq` as `id:`, progress carries none,
 * so a browser that reconnects asks for exactly what it missed. Hand-written because `@fastify/sse` has no bound on what a
 * slow reader leaves unread.
 */
export class EventStream implements Watcher {
  private readonly heartbeat: NodeJS.Timeout
  private readonly out: FastifyReply['raw']

  /** Takes the answer over from Fastify and sends its head. @param onClose - called once, whoever ends it */
  constructor(reply: FastifyReply, onClose: () => void) {
    this.out = takeOver(reply)
    this.out.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    })
    this.out.write('retry: 2000\n\n')
    this.heartbeat = setInterval(() => this.write(': still here\n\n'), heartbeatMs)
    this.heartbeat.unref()
    this.out.on('error', () => this.out.destroy())
    this.out.on('close', () => {
      clearInterval(this.heartbeat)
      onClose()
    })
  }

  event(event: LiveEvent): void {
    this.write(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  }

  progress(progress: ProgressEvent): void {
    this.send(progressEventName, progress)
  }

  /** Sends an event that no log has. */
  send(name: string, data: unknown): void {
    this.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  /** True when nothing can be sent any more. */
  get closed(): boolean {
    return this.out.writableEnded || this.out.destroyed
  }

  end(): void {
    this.out.end()
  }

  private write(text: string): void {
    if (this.closed) return
    this.out.write(text)
    if (this.out.writableLength > mostBehind) this.out.destroy()
  }
}
