import { buffer } from 'node:stream/consumers'
import type { Archive } from '@atelier/contracts'
import { fromBufferPromise } from 'yauzl'
import { ZipFile } from 'yazl'

/** Files of a zip by name, in order. */
export type Files = Map<string, Buffer>

/** All files of a zip. */
export async function readZip(bytes: Buffer): Promise<Files> {
  const zip = await fromBufferPromise(bytes, { lazyEntries: true })
  const files: Files = new Map()
  for await (const entry of zip.eachEntry()) {
    files.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)))
  }
  return files
}

/** A zip of files. */
export async function makeZip(files: Iterable<readonly [string, Buffer]>): Promise<Buffer> {
  const zip = new ZipFile()
  for (const [name, bytes] of files) zip.addBuffer(bytes, name)
  zip.end()
  return buffer(zip.outputStream)
}

/** What the `session.json` among the files says. */
export const manifestOf = (files: Files): Archive => JSON.parse(files.get('session.json')!.toString()) as Archive
