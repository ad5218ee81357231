import { createHmac, timingSafeEqual } from 'node:crypto'
import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { boundedCall } from './bounded-call.js'
import { errorCode, walkFolder, writeWhole } from './folder-files.js'
import {
  checkKey,
  defaultUrlSeconds,
  ObjectNotFoundError,
  type CallOptions,
  type ObjectInfo,
  type ObjectStore,
  type SignedPaths,
  type UrlSignature,
} from './object-store.js'

/** Fewest characters of the secret that signs links: whoever guesses it reads every picture. */
const leastSecret = 32

/** Settings of a folder store. */
export interface FolderSettings {
  /** Made when it does not exist. */
  directory: string
  /** Signs the URLs; at least 32 characters, the same in every API process. */
  signingSecret: string
}

/** Objects as files of a folder; the API serves them under `/objects/` to whoever has a signed URL. */
export class FolderStore implements ObjectStore {
  readonly signedPaths: SignedPaths
  private readonly signer: UrlSigner

  private constructor(
    private readonly root: string,
    private readonly temporary: string,
    secret: string,
  ) {
    this.signer = new UrlSigner(secret)
    this.signedPaths = this.signer
  }

  /** @throws when the folder cannot be made, or the secret is too short */
  static async open({ directory, signingSecret }: FolderSettings): Promise<FolderStore> {
    if (signingSecret.length < leastSecret)
      throw new Error(`The secret that signs links must have at least ${leastSecret} characters.`)
    const temporary = join(directory, '.tmp')
    await mkdir(temporary, { recursive: true })
    return new FolderStore(directory, temporary, signingSecret)
  }

  async put(key: string, body: Uint8Array, { signal }: CallOptions = {}): Promise<void> {
    await this.call(signal, () => writeWhole(this.file(key), body, this.temporary))
  }

  get(key: string, { signal }: CallOptions = {}): Promise<Uint8Array> {
    return this.call(signal, async () => {
      try {
        return await readFile(this.file(key))
      } catch (error) {
        throw isAbsent(error) ? new ObjectNotFoundError(key, { cause: error }) : error
      }
    })
  }

  head(key: string): Promise<ObjectInfo | null> {
    return this.call(undefined, async () => {
      try {
        const found = await stat(this.file(key))
        return found.isFile() ? { key, bytes: found.size, modifiedAt: found.mtime } : null
      } catch (error) {
        if (isAbsent(error)) return null
        throw error
      }
    })
  }

  async delete(key: string, { signal }: CallOptions = {}): Promise<void> {
    await this.call(signal, async () => {
      if (await this.head(key)) await rm(this.file(key), { force: true })
    })
  }

  list(prefix: string): AsyncIterable<ObjectInfo> {
    return walkFolder(this.root, prefix)
  }

  async url(
    key: string,
    { expiresInSeconds = defaultUrlSeconds }: { expiresInSeconds?: number } = {},
  ): Promise<string> {
    return this.signer.sign(checkKey(key), Date.now() + expiresInSeconds * 1000)
  }

  async publicOrigin(): Promise<null> {
    return null
  }

  async check(): Promise<void> {
    const file = join(this.temporary, `check-${process.pid}`)
    await writeWhole(file, new Uint8Array(1), this.temporary)
    await rm(file, { force: true })
  }

  async close(): Promise<void> {}

  private call<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    return boundedCall(signal, work, isRefusal)
  }

  private file(key: string): string {
    return join(this.root, checkKey(key))
  }
}

/** True when the error says that this process may not write or read here; a full disk may have room later. */
function isRefusal(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error) ?? '')
}

/** True when the error says that there is no such file: nothing there, a folder, or a file where a folder would be. */
function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'EISDIR', 'ENOTDIR'].includes(errorCode(error) ?? '')
}

/** Signs paths under `/objects/` so that whoever has the URL may read that one object for a while. */
class UrlSigner implements SignedPaths {
  /** @param secret - at least 32 characters, the same in every API process */
  constructor(private readonly secret: string) {}

  /** Path and query that are valid until `expiresAt` (milliseconds). */
  sign(key: string, expiresAt: number): string {
    const expires = String(Math.ceil(expiresAt / 1000))
    return `/objects/${key}?expires=${expires}&signature=${this.digest(key, expires).toString('base64url')}`
  }

  verify(key: string, { expires, signature }: UrlSignature): boolean {
    if (!expires || !signature || !/^\d{1,12}$/.test(expires) || Number(expires) * 1000 < Date.now()) return false
    const given = Buffer.from(signature, 'base64url')
    const wanted = this.digest(key, expires)
    return given.length === wanted.length && timingSafeEqual(given, wanted)
  }

  private digest(key: string, expires: string): Buffer {
    return createHmac('sha256', this.secret).update(`${key}\n${expires}`).digest()
  }
}
