/** Where Atelier is and how to talk to it. */
export interface AtelierOptions {
  /** Base address, such as `http://127.0.0.1:8080` or, behind a proxy, `https://example.com/atelier`. */
  url: string
  /** A key, `atl_…`. Left out on the server's own page: the browser's cookie signs in. */
  token?: string
  /** How often a request is repeated when the server cannot be reached or asks for patience, default 3. */
  retries?: number
  /**
   * How long an attempt may stand still, in milliseconds, default 60,000: large uploads and downloads may take longer as long
   * as their bytes move. Where the progress of an upload is not told (Node), it has a second more for each 64 KiB.
   */
  timeoutMs?: number
}

/** Options of every call. */
export interface CallOptions {
  /** Stops the call, and the waits between its attempts. */
  signal?: AbortSignal
}

/** Options of a call that creates something. */
export interface CreateOptions extends CallOptions {
  /** Two calls with the same key create one thing. Default: a new key for each call, the same in all its attempts. */
  idempotencyKey?: string
}
