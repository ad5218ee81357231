import {
  archiveManifestName,
  archiveSchema,
  AtelierError,
  type Archive,
  type ArchivedImage,
  type Session,
} from '@atelier/contracts'
import type { IdempotencyUse, OwnerRepositories } from '@atelier/database'
import { cleanStored, readStored, sha256, thumbnailSide, type Picture } from '@atelier/pictures'
import type { ApiSettings } from '@atelier/service'
import type { ApiContext } from '../api-context.js'
import { checkText } from '../check-text.js'
import {
  archiveInvalid,
  manifestBytes,
  maxEntries,
  pictureBytes,
  thumbnailBytes,
  type ContentImage,
} from './archive-format.js'
import { checkReferences } from './check-references.js'
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
  { objects, settings: { limits } }: Pick<ApiContext, 'objects' | 'settings'>,
  owner: OwnerRepositories,
  path: string,
  idempotency?: IdempotencyUse,
): Promise<Session> {
  const zip = await ZipReader.open(path, maxEntries)
  try {
    const content = await readArchive(zip, limits)
    const { createdAt, updatedAt } = content.session
    return await restoreContent(objects, owner, {
      content,
      times: { createdAt, updatedAt },
      files: (image) => cleanFiles(zip, image, limits),
      idempotency,
    })
  } finally {
    zip.close()
  }
}

async function readManifest(zip: ZipReader): Promise<Archive> {
  const text = (await zip.read(archiveManifestName, manifestBytes)).toString()
  try {
    const value: unknown = JSON.parse(text)
    checkText(value)
    const parsed = archiveSchema.safeParse(value)
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]!
    throw archiveInvalid(issue.path.join('.') || archiveManifestName, `does not fit: ${issue.message}`)
  } catch (error) {
    if (error instanceof AtelierError && error.code === 'archive_invalid') throw error
    throw archiveInvalid(archiveManifestName, 'is no JSON that can be stored', error)
  }
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
async function cleanFiles(zip: ZipReader, image: ImportedImage, limits: Limits): Promise<PictureFiles> {
  const { file, thumbnail } = await readFiles(zip, image, limits)
  return {
    file: await cleanStored(file, limits.imagePixels),
    thumbnail: await cleanStored(thumbnail, thumbnailSide ** 2),
  }
}

async function decode(path: string, bytes: Uint8Array, hash: string, maxPixels: number): Promise<Picture> {
  const file = { bytes, sha256: await sha256(bytes) }
  if (file.sha256 !== hash) throw archiveInvalid(path, 'is not the file whose SHA-256 the archive names')
  return readStored(file, maxPixels).catch((error: unknown) => {
    if (!(error instanceof AtelierError)) throw error
    throw archiveInvalid(path, `is refused as a picture (${error.code})`, error)
  })
}

async function checkPicture(zip: ZipReader, image: ArchivedImage, limits: Limits): Promise<ImportedImage> {
  const { file, thumbnail } = await readFiles(zip, image, limits)
  const picture = await decode(image.file, file, image.sha256, limits.imagePixels)
  const same =
    picture.contentType === image.contentType &&
    picture.width === image.width &&
    picture.height === image.height &&
    file.length === image.bytes
  if (!same) throw archiveInvalid(image.file, 'has another type or size than the archive says')
  const small = await decode(image.thumbnail, thumbnail, image.thumbnailSha256, thumbnailSide ** 2)
  if (small.contentType !== 'image/webp') throw archiveInvalid(image.thumbnail, 'is not WebP')
  const { body, sha256, sourceSha256 } = picture
  return { ...image, bytes: body.length, sha256, sourceSha256 }
}

/**
 * Reads what an archive says and checks everything: names, sizes before anything is unpacked, the form of its JSON,
 * that references stay inside, and every file's SHA-256, type and pixels.
 *
 * @throws AtelierError `archive_invalid` naming the first thing that does not fit
 */
async function readArchive(zip: ZipReader, limits: Limits): Promise<Imported> {
  const most = limits.archiveBytes + manifestBytes
  if (zip.unpackedBytes > most) throw archiveInvalid('The file', `holds more than ${most} bytes once it is unpacked`)
  const archive = await readManifest(zip)
  checkReferences(archive)
  checkNames(zip, archive)
  const images: ImportedImage[] = []
  for (const image of archive.images) images.push(await checkPicture(zip, image, limits))
  return { ...archive, images }
}
