import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode, writeWhole } from './folder-file.js'
import { ObjectNotFoundError } from './object-errors.js'
import { checkKey } from './object-key.js'
import { defaultUrlSeconds, type ObjectInfo, type ObjectStore } from './object-store.js'
import { UrlSigner, type UrlSignature } from './url-signer.js'
import { walkFolder } from './walk-folder.js'

/** What a folder's store needs. */
export interface FolderSettings {
  /** Made when it does not exist. */
  directory: string
  /** Signs the URLs; at least 32 characters, the same in every API process. */
  signingSecret: string
}

/** Objects as files of a folder; the API serves them under `/objects/` to whoever has a signed URL. */
export class FolderStore implements ObjectStore {
  private readonly signer: UrlSigner

  private constructor(
    private readonly root: string,
    private readonly temporary: string,
    secret: string,
  ) {
    this.signer = new UrlSigner(secret)
  }

  /** @throws when the folder cannot be made */
  static async open({ directory, signingSecret }: FolderSettings): Promise<FolderStore> {
    const temporary = join(directory, '.tmp')
    await mkdir(temporary, { recursive: true })
    return new FolderStore(directory, temporary, signingSecret)
  }

  async put(key: string, body: Uint8Array): Promise<void> {
    await writeWhole(this.file(key), body, this.temporary)
  }

  async get(key: string): Promise<Uint8Array> {
    try {
      return await readFile(this.file(key))
    } catch (error) {
      throw isAbsent(error) ? new ObjectNotFoundError(key, { cause: error }) : error
    }
  }

  async head(key: string): Promise<ObjectInfo | null> {
    try {
      const found = await stat(this.file(key))
      return found.isFile() ? { key, bytes: found.size, modifiedAt: found.mtime } : null
    } catch (error) {
      if (isAbsent(error)) return null
      throw error
    }
  }

  async delete(key: string): Promise<void> {
    if (await this.head(key)) await rm(this.file(key), { force: true })
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

  /** True when the query of a request for `/objects/<key>` carries a signature of ours that has not expired. */
  verify(key: string, query: UrlSignature): boolean {
    return this.signer.verify(key, query)
  }

  async check(): Promise<void> {
    const file = join(this.temporary, `check-${process.pid}`)
    await writeWhole(file, new Uint8Array(1), this.temporary)
    await rm(file, { force: true })
  }

  async close(): Promise<void> {}

  private file(key: string): string {
    return join(this.root, checkKey(key))
  }
}

/** True when the error says that there is no such file: nothing there, a folder, or a file where a folder would be. */
function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'EISDIR', 'ENOTDIR'].includes(errorCode(error) ?? '')
}
