import { buffer } from 'node:stream/consumers'
import { openPromise, type Entry, type ZipFile } from 'yauzl'
import { archiveInvalid } from './archive-format.js'

const unreadable =
  (path: string) =>
  (error: unknown): never => {
    throw archiveInvalid(path, `cannot be read (${error instanceof Error ? error.message : 'damaged'})`, error)
  }
/** How the zip itself is named in refusals. */
const whole = 'The file'

/**
 * A zip on disk; only the files that are asked for are unpacked. Refuses names that climb out of a
 * folder, are absolute or have a backslash, and names that come twice.
 */
export class ZipReader {
  private constructor(
    private readonly zip: ZipFile,
    private readonly entries: ReadonlyMap<string, Entry>,
  ) {}

  /** @throws AtelierError `archive_invalid` */
  static async open(path: string, maxEntries: number): Promise<ZipReader> {
    const options = { lazyEntries: true, autoClose: false, strictFileNames: true }
    const zip = await openPromise(path, options).catch(unreadable(whole))
    try {
      if (zip.entryCount > maxEntries) throw archiveInvalid(whole, `holds more than ${maxEntries} files`)
      return new ZipReader(zip, await readNames(zip))
    } catch (error) {
      zip.close()
      throw error
    }
  }

  /** Names of all files. */
  get names(): string[] {
    return [...this.entries.keys()]
  }

  /** Bytes of all files together once they are unpacked, as the zip says; {@link read} holds it to that. */
  get unpackedBytes(): number {
    return [...this.entries.values()].reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0)
  }

  /** Unpacks a file. @throws AtelierError `archive_invalid` when it is missing, longer than `maxBytes` or damaged */
  async read(name: string, maxBytes: number): Promise<Buffer> {
    const entry = this.entries.get(name)
    if (!entry) throw archiveInvalid(name, 'is missing')
    if (entry.uncompressedSize > maxBytes) throw archiveInvalid(name, `is longer than ${maxBytes} bytes`)
    return this.zip.openReadStreamPromise(entry).then(buffer).catch(unreadable(name))
  }

  close(): void {
    this.zip.close()
  }
}

async function readNames(zip: ZipFile): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>()
  const all = zip.eachEntry()
  for (;;) {
    const { done, value } = await all.next().catch(unreadable(whole))
    if (done) return entries
    if (entries.has(value.fileName)) throw archiveInvalid(value.fileName, 'is there twice')
    entries.set(value.fileName, value)
  }
}
