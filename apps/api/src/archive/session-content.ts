import type { Archive, ArchivedImage } from '@atelier/contracts'

/** A picture of a session that is copied; where it was made only counts within that session. */
export type ContentImage = Omit<ArchivedImage, 'file' | 'thumbnail' | 'thumbnailSha256'>

/** What there is to copy of a session, wherever its pictures are: in an object store or in an archive. */
export interface SessionContent<I extends ContentImage = ContentImage> extends Omit<Archive, 'format' | 'images'> {
  images: I[]
}
