import { once } from 'node:events'
import { connect } from 'node:net'
import { errorBodySchema } from '@atelier/contracts'

/** An answer as it came over the wire. */
export interface RawAnswer {
  /** 0 when the connection ended without an answer. */
  status: number
  headers: Record<string, string>
  body: string
}

/** Reads an answer with `Content-Length`, or one that ends with its connection. */
function parse(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(first)?.[1] ?? 0), headers, body: rest.join('\r\n\r\n') }
}

const complete = ({ status, headers, body }: RawAnswer) =>
  status >= 200 && headers['content-length'] !== undefined && body.length >= Number(headers['content-length'])

/** When an answer is given up that does not come, in milliseconds: no bound of a test, also on a busy machine. */
const longestMs = 60_000

/**
 * Writes bytes to a server as they are and reads the first answer.
 *
 * @param half - end our side after writing
 */
export async function sendRaw(address: string, bytes: string | Buffer, { half = false } = {}): Promise<RawAnswer> {
  const { hostname, port } = new URL(address)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  let text = ''
  const answered = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, longestMs)
    const done = () => {
      clearTimeout(timer)
      resolve()
    }
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (complete(parse(text))) done()
    })
    socket.on('error', done)
    socket.on('close', done)
  })
  socket.write(bytes)
  if (half) socket.end()
  await answered
  socket.destroy()
  return parse(text)
}

/** The error in an answer. @throws when it is not in the form of every error, or its id is not that of the header */
export function errorOf({ status, headers, body }: RawAnswer): { code: string; message: string } {
  const { error } = errorBodySchema.parse(JSON.parse(body))
  if (headers['x-request-id'] !== error.requestId) throw new Error(`${status}: the ids differ`)
  if (!headers['content-type']?.startsWith('application/json')) throw new Error(`${status} is not JSON`)
  return error
}
