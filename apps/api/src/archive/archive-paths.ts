import { pictureExtensions } from '@atelier/contracts'
import type { ContentImage } from './session-content.js'

/** Where the files of a picture are in an archive. */
export const archivePaths = ({ id, contentType }: Pick<ContentImage, 'id' | 'contentType'>) => ({
  file: `images/${id}.${pictureExtensions[contentType]}`,
  thumbnail: `thumbnails/${id}.webp`,
})
