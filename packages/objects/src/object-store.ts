/** Metadata of a stored object. */
export interface ObjectInfo {
  key: string
  bytes: number
  modifiedAt: Date
}

/** Query of a signed URL, as strings from the wire. */
export interface UrlSignature {
  /** Unix time in seconds. */
  expires?: string | undefined
  /** HMAC-SHA256 of the key and `expires`, base64url. */
  signature?: string | undefined
}

/** Checks the signed URLs that lead to the API. */
export interface SignedPaths {
  /** True when the query of a request for `/objects/<key>` carries a signature of the store that has not expired. */
  verify(key: string, query: UrlSignature): boolean
}

/** How long a URL is valid by default, in seconds. */
export const defaultUrlSeconds = 3600

/** How a call may be stopped. */
export interface CallOptions {
  /** Aborting makes the call reject at once with the signal's reason; whether it took effect is unknown then. */
  signal?: AbortSignal | undefined
}

/**
 * A place for pictures. Keys are relative paths such as `images/img_….png` (see `checkKey`); writing a key again
 * replaces it. Every method that takes a key throws `InvalidObjectKeyError` for an invalid one, and `ObjectStoreError`
 * when the store does not do it, at the latest after 30 s.
 * One suite (`test/object-store.suite.ts`) holds for every implementation.
 */
export interface ObjectStore {
  /**
   * Stores an object whole and durably: a reader sees the old one or the new one, never a part. `contentType` must be
   * the one of the key's extension (`contentTypeOf`); a folder keeps no other.
   */
  put(key: string, body: Uint8Array, options: { contentType: string } & CallOptions): Promise<void>
  /** @throws ObjectNotFoundError when there is none */
  get(key: string, options?: CallOptions): Promise<Uint8Array>
  /** Metadata, or null when there is none. */
  head(key: string): Promise<ObjectInfo | null>
  /** Deletes; no error when there is none. */
  delete(key: string, options?: CallOptions): Promise<void>
  /** All objects whose key starts with the prefix, in order of key. */
  list(prefix: string): AsyncIterable<ObjectInfo>
  /**
   * A URL that anybody may read for a while (default 3600 s): presigned and at {@link publicOrigin}, or a path under
   * `/objects/` that the API serves with {@link signedPaths}.
   */
  url(key: string, options?: { expiresInSeconds?: number }): Promise<string>
  /** Origin of the URLs, such as `https://s3.example.org`; null when they are paths that the API serves. */
  publicOrigin(): Promise<string | null>
  /** Set when the URLs are paths that the API serves, else null. */
  readonly signedPaths: SignedPaths | null
  /** @throws when the store does not answer, and for a folder when it cannot be written */
  check(): Promise<void>
  close(): Promise<void>
}

/** There is no object with this key. */
export class ObjectNotFoundError extends Error {
  override readonly name = 'ObjectNotFoundError'

  constructor(
    readonly key: string,
    options?: ErrorOptions,
  ) {
    super(`There is no object ${key}.`, options)
  }
}

/** The store did not do what it was asked for; `cause` is what it said. */
export class ObjectStoreError extends Error {
  override readonly name = 'ObjectStoreError'

  /** @param refused - true when it answered and will not: no right, no bucket; false when it is away, busy or full */
  constructor(
    readonly refused: boolean,
    options: { cause: unknown },
  ) {
    const { name, message } = options.cause as Error
    super(`The object store ${refused ? 'refuses' : 'does not answer'}: ${name}: ${message}`, options)
  }
}

/** A key that no object can have. */
export class InvalidObjectKeyError extends Error {
  override readonly name = 'InvalidObjectKeyError'

  constructor(readonly key: string) {
    super(
      `${JSON.stringify(key.slice(0, 100))} cannot be the key of an object: use letters, digits, ., _ and - in parts joined by /.`,
    )
  }
}

const keyPart = '[A-Za-z0-9_][A-Za-z0-9._-]*'
const validKey = new RegExp(`^${keyPart}(?:/${keyPart})*$`)
const maxKeyLength = 512

/**
 * Returns the key if it is one: parts of letters, digits, `.`, `_` and `-` joined by `/`, none beginning with a dot or
 * a dash, at most 512 characters. So no key leaves its folder, hides a file or needs escaping in a URL.
 *
 * @throws InvalidObjectKeyError
 */
export function checkKey(key: string): string {
  if (key.length > maxKeyLength || !validKey.test(key)) throw new InvalidObjectKeyError(key)
  return key
}

const contentTypes: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  json: 'application/json',
}

/**
 * Content type of a key by its extension, `application/octet-stream` for one it does not know. A folder keeps nothing
 * besides the bytes, so this is what its objects are served as; a stored file can never be served as a page.
 */
export function contentTypeOf(key: string): string {
  return contentTypes[/\.([a-z0-9]+)$/i.exec(key)?.[1]?.toLowerCase() ?? ''] ?? 'application/octet-stream'
}
