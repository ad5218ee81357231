import { archiveManifestName, AtelierError, type Archive, type ArchivedImage, type Session } from '@atelier/contracts'
import type { IdempotencyUse, OwnerRepositories } from '@atelier/database'
import { sha256, thumbnailSide, type Picture } from '@atelier/pictures'
import type { ApiSettings } from '@atelier/service'
import type { ApiContext } from '../api-context.js'
import {
  archiveInvalid,
  manifestBytes,
  maxEntries,
  pictureBytes,
  thumbnailBytes,
  type ContentImage,
} from './archive-format.js'
import { joinManifest } from './check-manifest.js'
import { restoreContent, type PictureFiles } from './restore-content.js'
import { ZipReader } from './zip-reader.js'

type Limits = ApiSettings['limits']

/** A picture of an archive as it is stored: `sourceSha256` is that of its file in the archive when it was cleaned. */
type ImportedImage = ArchivedImage & Pick<ContentImage, 'sourceSha256'>
/** An archive whose pictures are described as they are stored. */
type Imported = Omit<Archive, 'images'> & { images: ImportedImage[] }

/**
 * Makes a session from an archive. Everything is checked before anything is written. Pictures with metadata, from the time
 * when uploads were stored as they came, are cleaned like uploads; all others keep every byte.
 *
 * @param path - the archive's file
 * @throws AtelierError `archive_invalid`
 */
export async function importSession(
  { objects, pool, models, settings: { limits } }: Pick<ApiContext, 'objects' | 'pool' | 'models' | 'settings'>,
  owner: OwnerRepositories,
  path: string,
  idempotency?: IdempotencyUse,
): Promise<Session> {
  const zip = await ZipReader.open(path, maxEntries)
  try {
    const checking = { limits, pool, models, ownerId: owner.ownerId }
    const content = await readArchive(path, zip, checking)
    const { createdAt, updatedAt } = content.session
    return await restoreContent(objects, owner, {
      content,
      times: { createdAt, updatedAt },
      files: (image) => cleanFiles(zip, image, checking),
      idempotency,
    })
  } finally {
    zip.close()
  }
}

/** What the checks of an archive need. */
interface Checking {
  limits: Limits
  pool: ApiContext['pool']
  models: ApiContext['models']
  ownerId: string
}

function checkNames({ names }: ZipReader, { images }: Archive): void {
  const wanted = new Set([archiveManifestName, ...images.flatMap(({ file, thumbnail }) => [file, thumbnail])])
  const unknown = names.find((name) => !wanted.has(name))
  if (unknown !== undefined) throw archiveInvalid(unknown, `is a file that ${archiveManifestName} does not name`)
  const has = new Set(names)
  const missing = [...wanted].find((name) => !has.has(name))
  if (missing !== undefined) throw archiveInvalid(missing, 'is missing')
}

/** The files of a picture of an archive, as they are. @throws AtelierError `archive_invalid` */
async function readFiles(zip: ZipReader, image: ArchivedImage, limits: Limits): Promise<PictureFiles> {
  return {
    file: await zip.read(image.file, pictureBytes(limits)),
    thumbnail: await zip.read(image.thumbnail, thumbnailBytes),
  }
}

/** The files of a picture of an archive as they are stored. */
async function cleanFiles(zip: ZipReader, image: ImportedImage, checking: Checking): Promise<PictureFiles> {
  const { limits, pool, ownerId } = checking
  const { file, thumbnail } = await readFiles(zip, image, limits)
  const clean = (bytes: Uint8Array, maxPixels: number) =>
    pool.run(ownerId, 'image_too_costly', 'cleanStored', bytes, maxPixels)
  return { file: await clean(file, limits.imagePixels), thumbnail: await clean(thumbnail, thumbnailSide ** 2) }
}

async function decode(
  { path, bytes, hash, maxPixels }: { path: string; bytes: Uint8Array; hash: string; maxPixels: number },
  { pool, ownerId }: Checking,
): Promise<Picture> {
  const file = { bytes, sha256: await sha256(bytes) }
  if (file.sha256 !== hash) throw archiveInvalid(path, 'is not the file whose SHA-256 the archive names')
  return pool.run(ownerId, 'image_too_costly', 'readStored', file, maxPixels).catch((error: unknown) => {
    if (!(error instanceof AtelierError) || error.status >= 500) throw error
    throw archiveInvalid(path, `is refused as a picture (${error.code})`, error)
  })
}

async function checkPicture(zip: ZipReader, image: ArchivedImage, checking: Checking): Promise<ImportedImage> {
  const { limits } = checking
  const { file, thumbnail } = await readFiles(zip, image, limits)
  const { sha256: hash, thumbnailSha256 } = image
  const picture = await decode({ path: image.file, bytes: file, hash, maxPixels: limits.imagePixels }, checking)
  const same =
    picture.contentType === image.contentType &&
    picture.width === image.width &&
    picture.height === image.height &&
    file.length === image.bytes
  if (!same) throw archiveInvalid(image.file, 'has another type or size than the archive says')
  const small = await decode(
    { path: image.thumbnail, bytes: thumbnail, hash: thumbnailSha256, maxPixels: thumbnailSide ** 2 },
    checking,
  )
  if (small.contentType !== 'image/webp') throw archiveInvalid(image.thumbnail, 'is not WebP')
  const { body, sha256, sourceSha256 } = picture
  return { ...image, bytes: body.length, sha256, sourceSha256 }
}

/**
 * Reads what an archive says and checks everything: names, sizes before anything is unpacked, the form of its JSON,
 * that references stay inside, and every file's SHA-256, type and pixels.
 *
 * @throws AtelierError `archive_too_large`; `archive_invalid` naming the first thing that does not fit
 */
async function readArchive(path: string, zip: ZipReader, checking: Checking): Promise<Imported> {
  const { limits } = checking
  const most = limits.archiveBytes + manifestBytes
  if (zip.unpackedBytes > most) throw archiveInvalid('The file', `holds more than ${most} bytes once it is unpacked`)
  const { pool, models, ownerId } = checking
  const archive = await joinManifest(await pool.run(ownerId, 'archive_too_large', 'checkManifest', path, models.limits))
  checkNames(zip, archive)
  const images: ImportedImage[] = []
  for (const image of archive.images) images.push(await checkPicture(zip, image, checking))
  return { ...archive, images }
}
