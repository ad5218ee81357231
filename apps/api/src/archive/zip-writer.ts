import { Readable, type PassThrough } from 'node:stream'
import { ZipFile } from 'yazl'

/** A file of a zip to be written; its bytes are asked for when its turn has come. */
export interface ZipPart {
  name: string
  /** Whether it is worth while; pictures are compressed already. */
  compress: boolean
  read(): Promise<Uint8Array>
}

/**
 * Writes a zip while it is read, one part in memory at a time. A part that cannot be read breaks the stream.
 *
 * @param time - the time that all files carry
 */
export function writeZip(parts: readonly ZipPart[], time: Date): Readable {
  const zip = new ZipFile()
  const output = zip.outputStream as PassThrough
  zip.on('error', (error: Error) => output.destroy(error))
  for (const { name, compress, read } of parts) {
    zip.addReadStreamLazy(name, { compress, mtime: time }, (done) => {
      if (output.destroyed) return
      read().then(
        (bytes) => done(null, Readable.from([Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)])),
        (error: Error) => output.destroy(error),
      )
    })
  }
  zip.end()
  return output
}
