import { Socket } from 'node:net'

/** Opens the sockets of a backend and ends those that have gone silent. */
export class SocketWatch {
  private readonly sockets = new Set<Socket>()

  /** A socket that is not connected yet. */
  open(): Socket {
    const socket = new Socket()
    this.sockets.add(socket)
    return socket.once('close', () => this.sockets.delete(socket))
  }

  /** Looks at all sockets. @returns what ends those on which nothing has come since then */
  look(): () => void {
    const before = [...this.sockets].map((socket) => [socket, socket.bytesRead] as const)
    return () => {
      for (const [socket, bytes] of before) {
        if (socket.bytesRead === bytes) socket.destroy(new Error('The connection to the queue has gone silent.'))
      }
    }
  }
}
