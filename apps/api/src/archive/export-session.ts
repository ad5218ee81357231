import type { Readable } from 'node:stream'
import { archiveFormat, archiveManifestName, AtelierError, type Archive } from '@atelier/contracts'
import type { OwnerRepositories } from '@atelier/database'
import type { ObjectStore } from '@atelier/objects'
import type { ApiContext } from '../api-context.js'
import { found } from '../found.js'
import { sha256 } from '../images/store-image.js'
import { archivePaths } from './archive-paths.js'
import { collectSession, type StoredImage } from './collect-session.js'
import { readObject } from './read-object.js'
import { writeZip } from './zip-writer.js'

/**
 * Reads both files once, so that an archive whose first byte is sent is whole.
 *
 * @throws AtelierError `image_unreadable`
 */
async function describe(objects: ObjectStore, { objectKey, thumbnailKey, ...image }: StoredImage) {
  if (sha256(await readObject(objects, objectKey)) !== image.sha256) {
    throw new AtelierError('image_unreadable', `The picture ${image.id} is damaged.`, { imageId: image.id })
  }
  const thumbnailSha256 = sha256(await readObject(objects, thumbnailKey))
  return { ...image, ...archivePaths(image), thumbnailSha256 }
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
  const tree = found(await owner.sessions.getWithTurns(sessionId))
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
