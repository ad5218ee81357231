import type { Socket } from 'socket.io'

/** Most messages of a connection that wait for their turn. */
const mostWaiting = 100
/** Most bytes that wait for its reader when a message is to be answered. */
const mostUnread = 4 * 1024 * 1024

interface Packet {
  data?: string | Uint8Array
}

/** Bytes that a connection has not taken yet: those of a websocket, or of the packets that wait for the next poll. */
function unreadBytes({ conn }: Socket): number {
  const { socket } = conn.transport as { socket?: { bufferedAmount?: number } }
  const { writeBuffer } = conn as unknown as { writeBuffer: Packet[] }
  return writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), socket?.bufferedAmount ?? 0)
}

/** Ends a connection without waiting until what it has not read is sent. */
export function cut(conn: Socket['conn']): void {
  const { socket } = conn.transport as { socket?: { terminate?: () => void } }
  conn.close(true)
  socket?.terminate?.()
}

/**
 * The messages of one connection, answered one after another. A connection that does not read its answers, or sends
 * faster than they are made, is cut: it would grow by an answer with each message.
 */
export class MessageLine {
  private last: Promise<void> = Promise.resolve()
  private waiting = 0

  constructor(private readonly socket: Socket) {}

  /** Answers after the messages before. @param work - never rejects */
  next(work: () => Promise<void>): void {
    if (this.waiting >= mostWaiting) return cut(this.socket.conn)
    this.waiting += 1
    this.last = this.last.then(async () => {
      if (this.socket.connected) {
        if (unreadBytes(this.socket) > mostUnread) cut(this.socket.conn)
        else await work()
      }
      this.waiting -= 1
    })
  }
}
