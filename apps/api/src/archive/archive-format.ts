import { AtelierError, pictureExtensions, type Archive, type ArchivedImage } from '@atelier/contracts'
import type { ImageRow } from '@atelier/database'
import type { ApiSettings } from '@atelier/service'

/** A picture of a session that is copied; where it was made only counts within that session. */
export type ContentImage = Omit<ArchivedImage, 'file' | 'thumbnail' | 'thumbnailSha256'> &
  Partial<Pick<ImageRow, 'sourceSha256'>>

/** The part of a session that is copied, wherever its pictures are: in an object store or in an archive. */
export interface SessionContent<I extends ContentImage = ContentImage> extends Omit<Archive, 'format' | 'images'> {
  images: I[]
}

/** Where the files of a picture are in an archive. */
export const archivePaths = ({ id, contentType }: Pick<ContentImage, 'id' | 'contentType'>) => ({
  file: `images/${id}.${pictureExtensions[contentType]}`,
  thumbnail: `thumbnails/${id}.webp`,
})

/** Longest `session.json` in bytes: thousands of turns. */
export const manifestBytes = 16 * 1024 * 1024
/** Most files of an archive. */
export const maxEntries = 20_001
/** Largest file of a thumbnail in bytes: well above 256×256 pixels without compression. */
export const thumbnailBytes = 512 * 1024

/**
 * Largest file of a picture in bytes: that of an upload, or that of the largest picture as a PNG of 16 bits that does not
 * compress, because uploads are encoded anew, and generated and outpainted pictures are PNGs.
 */
export const pictureBytes = ({ uploadBytes, imagePixels }: ApiSettings['limits']): number =>
  Math.max(uploadBytes, 8 * imagePixels + 64 * 1024)

/**
 * The refusal of an archive.
 *
 * @param path - a file of the archive, or a field of its `session.json`
 * @param problem - what is wrong, as the end of a sentence that begins with the path
 */
export const archiveInvalid = (path: string, problem: string, cause?: unknown): AtelierError =>
  new AtelierError('archive_invalid', `${path} ${problem}.`, { path, problem }, { cause })
