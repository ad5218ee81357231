import { readFile } from '#read-file'
import { AtelierSourceError } from './errors.js'

/**
 * Where a picture may come from: a Blob or File, bytes (a Buffer, for example), the path of a file (in Node), or an address
 * as a URL or text: `file:` (in Node), `data:`, `blob:`, `https:`. Addresses are fetched by this program, not by the server.
 */
export type PictureSource = Blob | Uint8Array | ArrayBuffer | URL | string

const isAddress = (text: string): boolean => /^(https?|data|blob|file):/i.test(text)

async function fetchPicture(url: URL, signal: AbortSignal | undefined): Promise<Blob> {
  const response = await fetch(url, signal ? { signal } : {})
  if (!response.ok) throw new Error(`It answers ${response.status}.`)
  return response.blob()
}

/** The bytes of a picture, however it is given. @throws AtelierSourceError when they cannot be read; the signal's reason */
export async function readPicture(source: PictureSource, signal?: AbortSignal): Promise<Blob> {
  if (source instanceof Blob) return source
  if (typeof source !== 'string' && !(source instanceof URL)) return new Blob([source as Uint8Array<ArrayBuffer>])
  const url = source instanceof URL ? source : isAddress(source) ? new URL(source) : undefined
  try {
    if (url && url.protocol !== 'file:') return await fetchPicture(url, signal)
    return new Blob([await readFile(url ?? source)])
  } catch (cause) {
    signal?.throwIfAborted()
    throw new AtelierSourceError(String(source), { cause })
  }
}
