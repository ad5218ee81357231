import { Readable, type PassThrough } from 'node:stream'
import { archiveFormat, archiveManifestName, AtelierError, type Archive, type ArchivedImage } from '@atelier/contracts'
import type { OwnerRepositories } from '@atelier/database'
import type { ObjectStore } from '@atelier/objects'
import { sha256 } from '@atelier/pictures'
import { ZipFile } from 'yazl'
import type { ApiContext } from '../api-context.js'
import { readImageObject } from '../images/image-objects.js'
import { orNotFound } from '../or-not-found.js'
import { archivePaths } from './archive-format.js'
import { collectSession, type StoredImage } from './collect-session.js'

/**
 * Reads both files once, so that an archive whose first byte is sent is whole. What the owner sent stays with the owner,
 * its hash too.
 *
 * @throws AtelierError `image_unreadable`
 */
async function describe(objects: ObjectStore, stored: StoredImage): Promise<ArchivedImage> {
  const { objectKey, thumbnailKey, id, kind, width, height, contentType, bytes, sha256: digest } = stored
  const { generationId, index, createdAt } = stored
  if ((await sha256(await readImageObject(objects, objectKey))) !== digest) {
    throw new AtelierError('image_unreadable', `The picture ${id} is damaged.`, { imageId: id })
  }
  const thumbnailSha256 = await sha256(await readImageObject(objects, thumbnailKey))
  const image = { id, kind, width, height, contentType, bytes, sha256: digest, generationId, index, createdAt }
  return { ...image, ...archivePaths(stored), thumbnailSha256 }
}

/**
 * The archive of a session as a stream: `session.json`, then each picture and its thumbnail.
 *
 * @throws AtelierError `not_found` for a session that is not the owner's, `image_unreadable`
 */
export async function exportSession(
  { objects }: Pick<ApiContext, 'objects'>,
  owner: OwnerRepositories,
  sessionId: string,
): Promise<Readable> {
  const tree = orNotFound(await owner.sessions.getWithTurns(sessionId))
  const content = await collectSession(owner, tree, tree.turns)
  const archive: Archive = { format: archiveFormat, ...content, images: [] }
  for (const image of content.images) archive.images.push(await describe(objects, image))
  const manifest = Buffer.from(`${JSON.stringify(archive, null, 2)}\n`)
  const pictures = content.images.flatMap(({ objectKey, thumbnailKey, ...image }) => [
    { name: archivePaths(image).file, compress: false, read: () => objects.get(objectKey) },
    { name: archivePaths(image).thumbnail, compress: false, read: () => objects.get(thumbnailKey) },
  ])
  return writeZip(
    [{ name: archiveManifestName, compress: true, read: async () => manifest }, ...pictures],
    new Date(tree.updatedAt),
  )
}

/** A file of a zip to be written; its bytes are asked for when its turn has come. */
interface ZipPart {
  name: string
  /** False for pictures, which are compressed already. */
  compress: boolean
  read(): Promise<Uint8Array>
}

/**
 * Writes a zip while it is read, one part in memory at a time. A part that cannot be read breaks the stream.
 *
 * @param time - the time that all files carry
 */
function writeZip(parts: readonly ZipPart[], time: Date): Readable {
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
