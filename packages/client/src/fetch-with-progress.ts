/** How much of a body has been sent. */
export interface UploadProgress {
  sent: number
  total: number
}

/** What {@link fetchWithProgress} sends. */
export interface SentRequest {
  method: string
  headers: Record<string, string>
  body?: FormData | string
  signal: AbortSignal
  onProgress: (progress: UploadProgress) => void
}

/** What is used of a browser's `XMLHttpRequest`: `fetch` does not tell how much of a body has been sent. */
interface BrowserRequest {
  upload: { addEventListener(type: 'progress', listener: (event: { loaded: number; total: number }) => void): void }
  status: number
  statusText: string
  response: ArrayBuffer
  responseType: string
  addEventListener(type: 'load' | 'error' | 'abort', listener: () => void): void
  getAllResponseHeaders(): string
  open(method: string, url: string): void
  setRequestHeader(name: string, value: string): void
  send(body: FormData): void
  abort(): void
}

/** The slowest line on which an upload is waited for where its progress is not told, in bytes a second. */
const slowestLine = 64 * 1024

const browserRequest = () => (globalThis as { XMLHttpRequest?: new () => BrowserRequest }).XMLHttpRequest

/** How long a form may take until {@link fetchWithProgress} tells something of it, in milliseconds. */
export function untoldMs(form: FormData): number {
  if (browserRequest()) return 0
  let bytes = 0
  for (const value of form.values()) if (typeof value !== 'string') bytes += value.size
  return (bytes / slowestLine) * 1000
}

/**
 * `fetch`, which in a browser also tells the progress of a form. (Elsewhere a stream could tell it, but it would leave out
 * `Content-Length`, and some versions of Node lose a 401 that answers a stream.)
 *
 * @throws TypeError when the server cannot be reached; the signal's reason
 */
export function fetchWithProgress(url: string, { onProgress, ...request }: SentRequest): Promise<Response> {
  const { method, headers, body, signal } = request
  const Browser = browserRequest()
  if (!Browser || !(body instanceof FormData)) return fetch(url, request)
  return new Promise((resolve, reject) => {
    const sent = new Browser()
    const abort = () => sent.abort()
    signal.throwIfAborted()
    signal.addEventListener('abort', abort, { once: true })
    sent.upload.addEventListener('progress', ({ loaded, total }) => onProgress({ sent: loaded, total }))
    sent.addEventListener('load', () => {
      const { status, statusText, response } = sent
      const lines = sent.getAllResponseHeaders().trim().split(/\r?\n/)
      const pairs = lines.map((line) => line.split(/:\s*/, 2) as [string, string]).filter((pair) => pair.length === 2)
      resolve(new Response(response.byteLength ? response : null, { status, statusText, headers: pairs }))
    })
    sent.addEventListener('error', () => reject(new TypeError(`${url} cannot be reached.`)))
    sent.addEventListener('abort', () => reject(signal.reason as Error))
    sent.open(method, url)
    for (const [name, value] of Object.entries(headers)) sent.setRequestHeader(name, value)
    sent.responseType = 'arraybuffer'
    sent.send(body)
  })
}
