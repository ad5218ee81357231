// Makes the bucket of the settings unless it is there; compose runs it once before the API.
import { CreateBucketCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3'

const { S3_BUCKET, S3_ENDPOINT, S3_REGION = 'us-east-1', S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = process.env
const client = new S3Client({
  region: S3_REGION,
  endpoint: S3_ENDPOINT,
  forcePathStyle: true,
  credentials: { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY },
})
const Bucket = S3_BUCKET
try {
  await client.send(new HeadBucketCommand({ Bucket }))
} catch {
  await client.send(new CreateBucketCommand({ Bucket }))
}
console.log(`The bucket ${Bucket} is there.`)
