import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'

/** A TCP proxy in front of a server that can be cut or go silent. */
export class FlakyProxy {
  private readonly sockets = new Set<Socket>()
  private readonly forgotten = new Set<Socket>()
  private state: 'whole' | 'cut' | 'silent' = 'whole'

  private constructor(
    readonly url: string,
    private readonly server: ReturnType<typeof createServer>,
  ) {}

  /** @param target - URL of the server; the proxy's own URL differs in host and port only */
  static async open(target: string): Promise<FlakyProxy> {
    const { hostname, port } = new URL(target)
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = new URL(target)
    url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const proxy = new FlakyProxy(url.href, server)
    server.on('connection', (near) => proxy.join(near, connect(Number(port), hostname)))
    return proxy
  }

  /** Ends all connections and ends every new one at once. */
  cut(): void {
    this.state = 'cut'
    for (const socket of this.sockets) socket.destroy()
  }

  /** Lets nothing through, but keeps all connections. */
  silence(): void {
    this.state = 'silent'
    for (const socket of this.sockets) socket.pause()
  }

  /**
   * Lets nothing through on the connections that there are, for good; new ones work. So a server is replaced without a
   * word to those who were connected, or a firewall forgets them.
   */
  forget(): void {
    for (const socket of this.sockets) {
      socket.pause()
      this.sockets.delete(socket)
      this.forgotten.add(socket)
    }
  }

  mend(): void {
    this.state = 'whole'
    for (const socket of this.sockets) socket.resume()
  }

  async close(): Promise<void> {
    this.cut()
    for (const socket of this.forgotten) socket.destroy()
    this.server.close()
    await once(this.server, 'close')
  }

  private join(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from)
      from
        .on('error', () => {})
        .on('close', () => {
          this.sockets.delete(from)
          this.forgotten.delete(from)
          to.destroy()
        })
      from.on('data', (data) => to.write(data))
      if (this.state === 'silent') from.pause()
    }
    if (this.state === 'cut') near.destroy()
  }
}
