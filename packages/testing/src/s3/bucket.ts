import { createHash } from 'node:crypto'
import { S3Error } from './s3-error.js'
import { element, xmlDocument } from './xml.js'

/** An object of a {@link Bucket}. */
export interface StoredObject {
  body: Buffer
  contentType: string
  etag: string
  modifiedAt: Date
}

/** The objects of one bucket, in memory. */
export class Bucket {
  private readonly objects = new Map<string, StoredObject>()

  put(key: string, body: Buffer, contentType: string): StoredObject {
    const stored = {
      body,
      contentType,
      etag: `"${createHash('md5').update(body).digest('hex')}"`,
      modifiedAt: new Date(),
    }
    this.objects.set(key, stored)
    return stored
  }

  /** @throws S3Error 404 */
  get(key: string): StoredObject {
    const stored = this.objects.get(key)
    if (!stored) throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.')
    return stored
  }

  delete(key: string): void {
    this.objects.delete(key)
  }

  /** The answer to ListObjectsV2 (without delimiter). The continuation token is the last key of the page before. */
  list(query: URLSearchParams, pageSize: number): string {
    const prefix = query.get('prefix') ?? ''
    const after = query.get('continuation-token') ?? query.get('start-after') ?? ''
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort()
    const page = keys.slice(0, Math.min(pageSize, Number(query.get('max-keys') ?? pageSize)))
    const truncated = page.length < keys.length
    return xmlDocument(
      element('ListBucketResult', [
        element('Prefix', prefix),
        element('KeyCount', page.length),
        element('IsTruncated', truncated),
        ...(truncated ? [element('NextContinuationToken', page.at(-1)!)] : []),
        ...page.map((key) => {
          const { body, etag, modifiedAt } = this.get(key)
          return element('Contents', [
            element('Key', key),
            element('LastModified', modifiedAt.toISOString()),
            element('ETag', etag),
            element('Size', body.length),
          ])
        }),
      ]),
    )
  }
}
