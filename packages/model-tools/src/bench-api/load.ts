import { connect } from 'node:net'

/** What to load, and for how long. */
export interface Load {
  url: string
  headers?: Record<string, string>
  /** Connections that each have one request in flight, default 10. */
  connections?: number
  milliseconds: number
}

/** Byte after the answer that begins a buffer, or 0 while it is not complete. Answers must say their `Content-Length`. */
function endOfAnswer(buffer: Buffer): number {
  const head = buffer.indexOf('\r\n\r\n')
  if (head < 0) return 0
  const text = buffer.toString('latin1', 0, head)
  if (!text.startsWith('HTTP/1.1 200 ')) throw new Error(`the server answered ${text.split('\r\n', 1)[0]}`)
  const end = head + 4 + Number(/\r\ncontent-length: (\d+)/i.exec(text)![1])
  return buffer.length < end ? 0 : end
}

/**
 * Requests a second that a server answers. By sockets of our own, because an HTTP client takes more time for a request
 * than the servers that are compared.
 *
 * @throws Error when an answer is not 200
 */
export async function requestsPerSecond({ url, headers = {}, connections = 10, milliseconds }: Load): Promise<number> {
  const { hostname, port, host, pathname } = new URL(url)
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const request = `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n${lines.join('')}\r\n`
  const began = performance.now()
  const counts = Array.from({ length: connections }, async () => {
    let answered = 0
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.write(request))
      socket.setNoDelay(true)
      let buffer: Buffer = Buffer.alloc(0)
      socket.on('data', (chunk) => {
        buffer = buffer.length ? Buffer.concat([buffer, chunk]) : chunk
        try {
          if (!endOfAnswer(buffer)) return
        } catch (error) {
          socket.destroy()
          return reject(error as Error)
        }
        answered += 1
        buffer = Buffer.alloc(0)
        if (performance.now() - began < milliseconds) socket.write(request)
        else socket.end()
      })
      socket.on('close', () => resolve())
      socket.on('error', reject)
    })
    return answered
  })
  const total = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
  return total / ((performance.now() - began) / 1000)
}
