import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Random } from '../random.js'

/** What a {@link FaultProxy} does to what goes through it. */
export interface LineFault {
  /** `cut`: connections are refused, those there are reset; `silent`: nothing arrives, on old and new connections. */
  state?: 'cut' | 'silent'
  /** Added to each chunk, each way, in milliseconds. */
  latencyMs?: number
  /** Most bytes a second, each way, for each connection. */
  bytesPerSecond?: number
  /** The probability that a connection is reset instead of passing on an answer: the request has arrived by then. */
  loseAnswers?: number
}

/** One way of a connection: passes chunks on in order, late and slowly if it must. */
class Lane {
  private last: Promise<void> = Promise.resolve()
  /** When the line is free again, by `performance.now()`. */
  private freeAt = 0
  private readonly closed = new AbortController()

  constructor(
    private readonly to: Socket,
    private readonly fault: () => LineFault,
  ) {
    to.once('close', () => this.closed.abort())
  }

  pass(chunk: Buffer): void {
    const { latencyMs = 0, bytesPerSecond } = this.fault()
    const now = performance.now()
    if (bytesPerSecond) this.freeAt = Math.max(this.freeAt, now) + (chunk.length / bytesPerSecond) * 1000
    const waitMs = Math.max(0, this.freeAt - now) + latencyMs
    this.last = this.last.then(() => this.send(chunk, now + waitMs))
  }

  private async send(chunk: Buffer, at: number): Promise<void> {
    const waitMs = at - performance.now()
    if (waitMs > 1)
      await new Promise((resolve) => {
        setTimeout(resolve, waitMs)
      })
    if (!this.to.writable || this.to.write(chunk)) return
    // it fails when the connection ends instead
    await once(this.to, 'drain', { signal: this.closed.signal }).catch(() => {})
  }
}

/** A TCP proxy between one process and one service, which can be cut, silent, slow, late, and lose answers. */
export class FaultProxy {
  private readonly sockets = new Set<Socket>()
  private readonly forgotten = new Set<Socket>()
  private fault: LineFault = {}

  private constructor(
    private readonly server: Server,
    /** Where it listens on the loopback. */
    readonly port: number,
    private readonly random: Random,
  ) {}

  /** @param targetPort - of the service, on the loopback */
  static async open(targetPort: number, random: Random): Promise<FaultProxy> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const proxy = new FaultProxy(server, (server.address() as AddressInfo).port, random)
    server.on('connection', (near) => proxy.join(near, targetPort))
    return proxy
  }

  /** Replaces what it does; `{}` mends it. */
  set(fault: LineFault): void {
    this.fault = fault
    if (fault.state === 'cut') this.reset()
    for (const socket of this.sockets) {
      if (fault.state === 'silent') socket.pause()
      else socket.resume()
    }
  }

  /** Resets the connections there are; new ones work. */
  reset(): void {
    for (const socket of [...this.sockets, ...this.forgotten]) socket.resetAndDestroy()
  }

  /**
   * Lets nothing through on the connections there are, for good; new ones work. So a server is replaced without a word to
   * those who were connected, or a firewall forgets them.
   */
  forget(): void {
    for (const socket of this.sockets) {
      socket.pause()
      this.forgotten.add(socket)
    }
    this.sockets.clear()
  }

  async close(): Promise<void> {
    this.reset()
    this.server.close()
    await once(this.server, 'close')
  }

  private join(near: Socket, targetPort: number): void {
    if (this.fault.state === 'cut') return void near.on('error', () => {}).resetAndDestroy()
    const far = connect(targetPort, '127.0.0.1')
    const way = (from: Socket, to: Socket, answers: boolean) => {
      const lane = new Lane(to, () => this.fault)
      this.sockets.add(from)
      from.setNoDelay(true)
      from.on('error', () => {})
      from.on('close', () => {
        this.sockets.delete(from)
        this.forgotten.delete(from)
        to.destroy()
      })
      from.on('data', (chunk: Buffer) => {
        if (answers && this.fault.loseAnswers && this.random.chance(this.fault.loseAnswers)) near.resetAndDestroy()
        else lane.pass(chunk)
      })
      if (this.fault.state === 'silent') from.pause()
    }
    way(near, far, false)
    way(far, near, true)
  }
}
