/** Metadata of a stored object. */
export interface ObjectInfo {
  key: string
  bytes: number
  modifiedAt: Date
}

/** How long a URL is valid unless told otherwise, in seconds. */
export const defaultUrlSeconds = 3600

/**
 * A place for pictures. Keys are relative paths such as `images/img_….png` (see `checkKey`); writing a key again
 * replaces it. Every method that takes a key throws `InvalidObjectKeyError` for one that is none.
 * One suite (`test/object-store.suite.ts`) holds for every implementation.
 */
export interface ObjectStore {
  /**
   * Stores an object whole and durably: a reader sees the old one or the new one, never a part. `contentType` must be
   * the one of the key's extension (`contentTypeOf`); a folder keeps no other.
   */
  put(key: string, body: Uint8Array, options: { contentType: string }): Promise<void>
  /** @throws ObjectNotFoundError when there is none */
  get(key: string): Promise<Uint8Array>
  /** Metadata, or null when there is none. */
  head(key: string): Promise<ObjectInfo | null>
  /** Deletes; no error when there is none. */
  delete(key: string): Promise<void>
  /** All objects whose key starts with the prefix, in order of key. */
  list(prefix: string): AsyncIterable<ObjectInfo>
  /**
   * A URL that anybody may read for a while (default 3600 s). A folder's are paths under `/objects/` that the API
   * serves; S3's are presigned.
   */
  url(key: string, options?: { expiresInSeconds?: number }): Promise<string>
  /** @throws when the store does not answer, and for a folder when it cannot be written */
  check(): Promise<void>
  close(): Promise<void>
}
