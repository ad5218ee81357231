import { S3Client } from '@aws-sdk/client-s3'
import { withoutVersionNotice } from './without-version-notice.js'

/** Where an S3 bucket is. */
export interface S3Settings {
  bucket: string
  /** Base URL of a compatible service; left out: AWS. */
  endpoint?: string
  /** Base URL that readers of the links reach it by, when that is another one than `endpoint`. */
  publicEndpoint?: string
  region: string
  /** Left out: the SDK's own search (environment, role of the machine …). */
  credentials?: { accessKeyId: string; secretAccessKey: string }
}

/**
 * A client for one bucket. Path-style addresses, because compatible services seldom have a host name per bucket.
 * Checksums only where S3 demands them: compatible services differ in what they accept.
 */
export function openS3Client({ endpoint, region, credentials }: S3Settings): S3Client {
  return withoutVersionNotice(
    () =>
      new S3Client({
        region,
        forcePathStyle: true,
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
        maxAttempts: 4,
        requestHandler: { connectionTimeout: 2_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
        ...(endpoint && { endpoint }),
        ...(credentials && { credentials }),
      }),
  )
}
