import { createHash } from 'node:crypto'
import { get as getHttp, type IncomingMessage } from 'node:http'
import { get as getHttps } from 'node:https'
import { checkConnected, checkedLookup, checkedUrl, isPublicAddress, RemoteError } from '../remote/public-address.js'

/** How a file is fetched. */
export interface RemoteFileOptions {
  maxBytes: number
  /** Longest time in milliseconds, from the name to the last byte. */
  timeoutMs: number
  signal?: AbortSignal
  /** Which addresses may be connected to; default {@link isPublicAddress}. */
  allows?: (address: string) => boolean
}

async function read(answer: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const { statusCode = 0, headers } = answer
  if (statusCode >= 300 && statusCode < 400)
    throw new RemoteError('answers with a redirect, which is not followed; send the address it leads to')
  if (statusCode !== 200) throw new RemoteError(`answers with status ${statusCode}`)
  const tooLong = () => new RemoteError(`has more than ${maxBytes} bytes`)
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLong()
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) throw tooLong()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * Fetches a file from a public server: addresses are checked where the connection is made, redirects are not followed,
 * time and size are bounded, and nothing of this server's own goes along.
 *
 * @throws RemoteError
 */
export async function fetchRemoteFile(
  address: string,
  { maxBytes, timeoutMs, signal, allows = isPublicAddress }: RemoteFileOptions,
): Promise<{ bytes: Buffer; sha256: string }> {
  const url = checkedUrl(address, allows)
  const late = AbortSignal.timeout(timeoutMs)
  const options = {
    agent: false as const,
    lookup: checkedLookup(allows),
    signal: signal ? AbortSignal.any([late, signal]) : late,
    headers: { accept: 'image/png, image/jpeg, image/webp', 'user-agent': 'Atelier' },
  }
  let answer: IncomingMessage | undefined
  try {
    answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = (url.protocol === 'https:' ? getHttps : getHttp)(url, options, resolve)
      request.on('error', reject)
      request.on('socket', (socket) => checkConnected(socket, allows, (error) => void request.destroy(error)))
    })
    const bytes = await read(answer, maxBytes)
    return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
  } catch (error) {
    if (error instanceof RemoteError) throw error
    if (late.aborted) throw new RemoteError(`did not answer within ${Math.round(timeoutMs / 100) / 10} seconds`)
    throw new RemoteError('could not be fetched', { cause: error })
  } finally {
    answer?.destroy()
  }
}
