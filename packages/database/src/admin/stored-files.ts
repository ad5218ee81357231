import type { PrismaClient } from '../generated/client.js'
import { toImage, type ImageRow } from '../prisma/rows.js'

/** What a row says of its file. */
export type StoredFile = Pick<ImageRow, 'bytes' | 'sha256' | 'sourceSha256' | 'objectKey' | 'thumbnailKey'>

/** The files of images of all owners, for their cleaning. */
export interface StoredFileRepository {
  /** Uploads and masks that may be stored as they were sent: no hash of what was sent is known. In order of id. */
  maybeUnclean(query: { after?: string | undefined; limit: number }): Promise<ImageRow[]>
  /** Gives an image another file, if it still has the one with this hash. @returns whether it had */
  replaceFile(image: Pick<ImageRow, 'id' | 'sha256'>, file: Partial<StoredFile>): Promise<boolean>
}

/** See {@link StoredFileRepository}. */
export const storedFileRepository = (client: PrismaClient): StoredFileRepository => ({
  maybeUnclean: async ({ after = '', limit }) => {
    const rows = await client.image.findMany({
      where: { sourceSha256: null, kind: { not: 'generated' }, id: { gt: after } },
      orderBy: { id: 'asc' },
      take: limit,
    })
    return rows.map(toImage)
  },
  replaceFile: async ({ id, sha256 }, file) => {
    const { count } = await client.image.updateMany({ where: { id, sha256 }, data: file })
    return count > 0
  },
})
