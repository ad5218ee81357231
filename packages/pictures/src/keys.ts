import { pictureExtensions } from '@atelier/contracts'
import type { PictureContentType } from './formats.js'

/** The beginnings of all object keys of pictures. */
export const picturePrefixes = ['images/', 'generations/'] as const

/** What the object keys of a picture depend on. */
export type PicturePlace = { contentType: PictureContentType } & (
  { id: string; generationId: null; index: null } | { generationId: string; index: number }
)

/** The object keys of a picture and of its thumbnail. */
export interface PictureKeys {
  objectKey: string
  thumbnailKey: string
}

/**
 * Where a picture is stored: `images/<id>.png`, or `generations/<id>/<index>.png` for one that a generation made, and the
 * thumbnail beside it. The keys of a generated picture do not depend on its image id, so a repeated attempt replaces its
 * own files.
 */
export function pictureKeys(place: PicturePlace): PictureKeys {
  const stem = place.generationId === null ? `images/${place.id}` : `generations/${place.generationId}/${place.index}`
  return { objectKey: `${stem}.${pictureExtensions[place.contentType]}`, thumbnailKey: `${stem}.thumb.webp` }
}
