import { newId, type ObjectClean } from '@atelier/contracts'
import type { ImageRow } from '@atelier/database'
import { pictureKeys, sha256, type PictureContentType } from '@atelier/pictures'
import { failpoint } from '@atelier/service'
import type { ApiContext } from '../api-context.js'
import { readImageObject } from './image-objects.js'

type Deps = Pick<ApiContext, 'database' | 'objects' | 'logger' | 'settings' | 'pool'>

/** Whose share of the work processes it takes: one of its own, beside those of the owners. */
const share = 'operator'

/** Stores the cleaned file under new keys, moves the row there, and deletes what no row names then. */
async function moveFile({ database: { admin }, objects }: Deps, row: ImageRow, body: Uint8Array): Promise<void> {
  const contentType = row.contentType as PictureContentType
  const keys = pictureKeys({ id: newId('image'), generationId: null, index: null, contentType })
  await objects.put(keys.objectKey, body, { contentType })
  failpoint('cleaned-file-stored')
  const thumbnail = await readImageObject(objects, row.thumbnailKey)
  await objects.put(keys.thumbnailKey, thumbnail, { contentType: 'image/webp' })
  failpoint('cleaned-files-stored')
  const file = { ...keys, bytes: body.length, sha256: await sha256(body), sourceSha256: row.sha256 }
  const moved = await admin.replaceFile(row, file)
  failpoint('cleaned-row-stored')
  const old = [row.objectKey, row.thumbnailKey]
  const unnamed = moved ? await admin.unnamedKeys(old) : [keys.objectKey, keys.thumbnailKey]
  for (const key of unnamed) await objects.delete(key)
}

/** @returns whether the image had metadata */
async function cleanImage(deps: Deps, row: ImageRow): Promise<boolean> {
  const bytes = await readImageObject(deps.objects, row.objectKey)
  const { imagePixels } = deps.settings.limits
  const body = await deps.pool.run(share, 'image_too_costly', 'cleanStored', bytes, imagePixels)
  const hadMetadata = !Buffer.from(body).equals(bytes)
  if (hadMetadata) await moveFile(deps, row, body)
  else await deps.database.admin.replaceFile(row, { sourceSha256: row.sha256 })
  return hadMetadata
}

/**
 * Cleans uploads that versions before this one stored as they were sent, as an upload is cleaned now. They keep their ids
 * and are still found by the hash of what was sent. An image that cannot be read is logged and stays as it is.
 */
export async function cleanObjects(
  deps: Deps,
  query: { after?: string | undefined; limit: number },
): Promise<ObjectClean> {
  const rows = await deps.database.admin.maybeUnclean(query)
  let [cleaned, failed] = [0, 0]
  for (const row of rows) {
    try {
      if (await cleanImage(deps, row)) cleaned += 1
    } catch (error) {
      deps.logger.warn({ err: error, imageId: row.id }, 'a stored image could not be cleaned')
      failed += 1
    }
  }
  const after = rows.length === query.limit ? rows.at(-1)!.id : null
  return { checked: rows.length, cleaned, failed, after }
}
