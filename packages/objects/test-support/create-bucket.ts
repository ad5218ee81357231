import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { openS3Client, type S3Settings } from '../src/s3-client.js'

/** Creates the bucket of these settings. */
export async function createBucket(settings: S3Settings): Promise<void> {
  const client = openS3Client(settings)
  await client.send(new CreateBucketCommand({ Bucket: settings.bucket }))
  client.destroy()
}
