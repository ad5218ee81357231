import { Readable, type PassThrough } from 'node:stream'
import {
  archiveFormat,
  archiveManifestName,
  AtelierError,
  type Archive,
  type ArchivedImage,
  type Session,
} from '@atelier/contracts'
import type { OwnerRepositories } from '@atelier/database'
import type { ObjectStore } from '@atelier/objects'
import { sha256 } from '@atelier/pictures'
import { ZipFile } from 'yazl'
import type { ApiContext } from '../api-context.js'
import { readImageObject } from '../images/image-objects.js'
import { orNotFound } from '../or-not-found.js'
import { archivePaths } from './archive-format.js'
import { contentOf, type StoredImage } from './collect-session.js'

/** What the zip and `session.json` need of a picture besides its row. */
interface PictureParts {
  file: string
  thumbnail: string
  objectKey: string
  thumbnailKey: string
  thumbnailSha256: string
}

/**
 * Reads both files once, so that an archive whose first byte is sent is whole.
 *
 * @throws AtelierError `image_unreadable`
 */
async function checkFiles(objects: ObjectStore, image: StoredImage, gone: AbortSignal): Promise<PictureParts> {
  const { id, objectKey, thumbnailKey } = image
  gone.throwIfAborted()
  if ((await sha256(await readImageObject(objects, objectKey))) !== image.sha256) {
    throw new AtelierError('image_unreadable', `The picture ${id} is damaged.`, { imageId: id })
  }
  const thumbnailSha256 = await sha256(await readImageObject(objects, thumbnailKey))
  return { ...archivePaths(image), objectKey, thumbnailKey, thumbnailSha256 }
}

/** The text of a list in a document of `JSON.stringify(…, null, 2)`, element by element. */
async function* listText(name: string, elements: AsyncIterable<unknown>): AsyncGenerator<string> {
  let text = `  "${name}": [`
  let separator = ''
  for await (const element of elements) {
    yield `${text}${separator}\n    ${JSON.stringify(element, null, 2).replaceAll('\n', '\n    ')}`
    text = ''
    separator = ','
  }
  yield separator ? '\n  ]' : `${text}]`
}

/** `session.json`, as long as the session and never whole in memory. */
async function* manifestText(
  { title, activeTurnId, createdAt, updatedAt }: Session,
  content: ReturnType<typeof contentOf>,
  parts: ReadonlyMap<string, PictureParts>,
): AsyncGenerator<string> {
  const session: Archive['session'] = { title, activeTurnId, createdAt, updatedAt }
  yield `{\n  "format": ${archiveFormat},\n  "session": ${JSON.stringify(session, null, 2).replaceAll('\n', '\n  ')},\n`
  yield* listText('turns', content.turns())
  yield ',\n'
  yield* listText('generations', content.generations())
  yield ',\n'
  yield* listText('images', archivedImages(content.images(), parts))
  yield '\n}\n'
}

/** What the owner sent stays with the owner, its hash too. */
async function* archivedImages(
  images: AsyncIterable<StoredImage>,
  parts: ReadonlyMap<string, PictureParts>,
): AsyncGenerator<ArchivedImage> {
  for await (const stored of images) {
    const { id, kind, width, height, contentType, bytes, sha256: digest, generationId, index, createdAt } = stored
    const { file, thumbnail, thumbnailSha256 } = parts.get(id)!
    const image = { id, kind, width, height, contentType, bytes, sha256: digest, generationId, index, createdAt }
    yield { ...image, file, thumbnail, thumbnailSha256 }
  }
}

/**
 * The archive of a session as a stream: `session.json`, then each picture and its thumbnail. What the session has is
 * fixed at the start; its rows are read in batches while the archive is sent.
 *
 * @param gone - aborted when nobody waits for it any more
 * @throws AtelierError `not_found` for a session that is not the owner's, `image_unreadable`
 */
export async function exportSession(
  { objects }: Pick<ApiContext, 'objects'>,
  owner: OwnerRepositories,
  sessionId: string,
  gone: AbortSignal,
): Promise<Readable> {
  const outline = orNotFound(await owner.content.outline(sessionId))
  const content = contentOf(owner.content, outline)
  const parts = new Map<string, PictureParts>()
  for await (const image of content.images()) parts.set(image.id, await checkFiles(objects, image, gone))
  const bytes = async (key: string) => {
    const read = await objects.get(key)
    return Readable.from([Buffer.from(read.buffer, read.byteOffset, read.byteLength)])
  }
  const pictures = [...parts.values()].flatMap(({ file, thumbnail, objectKey, thumbnailKey }) => [
    { name: file, compress: false, read: () => bytes(objectKey) },
    { name: thumbnail, compress: false, read: () => bytes(thumbnailKey) },
  ])
  const manifest = async () => Readable.from(manifestText(outline.session, content, parts), { objectMode: false })
  return writeZip(
    [{ name: archiveManifestName, compress: true, read: manifest }, ...pictures],
    new Date(outline.session.updatedAt),
  )
}

/** A file of a zip to be written; its stream is asked for when its turn has come. */
interface ZipPart {
  name: string
  /** False for pictures, which are compressed already. */
  compress: boolean
  read(): Promise<Readable>
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
        (stream) => {
          stream.on('error', (error: Error) => output.destroy(error))
          done(null, stream)
        },
        (error: Error) => output.destroy(error),
      )
    })
  }
  zip.end()
  return output
}
